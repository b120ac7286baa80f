"""Letters to people about their cases: which there are, what their sentences rest on, how they are made and sent.

A template is sentences, each with the name of the fact that it rests on (`[received] Your request … came in on
{received_on}.`). What is not so is not said: the sentence is left out. As a letter goes out every sentence is made
again from what is recorded then, and if one differs, the letter stays here.
"""

"""The one way in for people and their content, from files and webhooks alike.

Erased people stay erased (the suppression ledger), frozen accounts are left alone, and whoever asks twice gets the
same rows. The verbs take a batch: the number of queries does not grow with the number of rows, only with its chunks.
What each would do is told beforehand by its twin (`judge_people`, `judge_rows`), which only reads and locks nobody out.
"""

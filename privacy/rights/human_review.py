"""The right to have a person look at what a machine decided alone (GDPR art. 22(3))."""

from privacy.cases.kinds import register
from privacy.catalogue import Decision, Fact, May, Permit, Plainly, Question, Right, Risk, Stage, Words
from privacy.models import Verification
from privacy.roles import AGENT, APPROVER, MANAGER, VERIFY

ASK = Permit("ask_human_review", "Can ask for a human review of a decision", (AGENT, APPROVER, MANAGER))
REVIEW = Permit("review_decision", "Can review an automated decision that another asked about", (APPROVER, MANAGER))
WHICH = Question(
    "decision", "Which decision?", help="What was decided by a machine alone, when, and where it stands.",
    missing="Say which decision: it is reviewed by a person.", placeholder="Upload refused as unsafe on 3 May",
)  # fmt: skip


@register
class HumanReview(Right):
    key, label, icon = "human_review", "Human review of a decision", "person_search"
    plainly = Plainly(
        "A second look at a decision", "Have a person look at a decision",
        "If a machine alone has decided something about you, somebody looks at it again and tells you why.",
        "limits",
        reason=Words("Why do you think that it is wrong? (optional)"),
        asks={
            "decision": Words(
                "Which decision?", "What was decided, and when.", "Say which decision: somebody will look at it."
            )
        },
    )  # fmt: skip
    cites = ("GDPR art. 22(3)", "UK GDPR art. 22C")
    button, title, submit = "Human review", "Ask for a human review of a decision about {people}", "Ask for the review"
    happens = (
        "Another member of staff reviews the decision, and finds that it is changed or that it stays.",
        "Then the person is answered with the finding and its reasons, which are kept sealed with the case.",
    )
    may = May(ask=ASK, decide=REVIEW, deny=REVIEW, cancel=ASK, answer=ASK, verify=VERIFY)
    deciders = 2
    answered_in_words = True
    told_by = "answer_words"
    decision = Decision(
        "Change the decision…", "It is changed",
        (
            "You have looked at it yourself, and the decision is changed: do so where it was made.",
            "If it stays, deny the review. Either way the person is told why.",
        ),
        "Reviewed: {cases}. The decision is changed, and the person is to be told.",
        "Waits for another person’s review", "review",
    )  # fmt: skip
    risk, proof = Risk.LOW, Verification.proofs(Risk.LOW)
    alone = True
    asks = (Right.asks[0], WHICH, *Right.asks[1:])
    refuses = dict.fromkeys(Stage, frozenset({Fact.ERASED}))
    steps = ()

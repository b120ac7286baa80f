"""The data map: what each row says about a person, and what becomes of it. The machinery imports no model."""

from privacy.datamap.declaration import Apart, Evidence, Joint, OnlyWith, Others, Personal, PersonalData, Veiled
from privacy.datamap.registry import erased_by, exempt, register
from privacy.datamap.retention import Retention
from privacy.datamap.treatments import Blank, DeleteRow, HandOver, Keep, Nullify, Pseudonymise, Stamp
from privacy.datamap.vocabulary import Category, KeptFor, LawfulBasis, Use

__all__ = [
    "Apart", "Blank", "Category", "DeleteRow", "Evidence", "HandOver", "Joint", "Keep", "KeptFor", "LawfulBasis",
    "Nullify", "OnlyWith", "Others", "Personal", "PersonalData", "Pseudonymise", "Retention", "Stamp", "Use", "Veiled",
    "erased_by", "exempt", "register",
]  # fmt: skip

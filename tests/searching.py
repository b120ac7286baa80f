"""Who is found, as rows."""

from django.db.models import QuerySet

from privacy.models import DataSubject
from privacy.selectors.search import find


def find_subjects(term: str) -> QuerySet[DataSubject]:
    return DataSubject.objects.filter(pk__in=find(term).people)

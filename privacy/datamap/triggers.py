"""What the database itself refuses, whoever writes: compiled from the data map for PostgreSQL and SQLite.

Rows of an erased person do not come in, nor rows for a purpose for which the person's processing is limited; nothing
moves to a tombstone, no processing starts by a change of mind that was none, and what proves something stays as it is.
Rows of a person under a legal hold neither go nor change, whatever the path: a cascade, an import, a command.
`sync` runs after every `migrate` and writes the differences only, so a declared model has its triggers without a
migration of its own. The tables' owner can still disable them: `verify_audit` is what finds that.
"""

from collections.abc import Iterator
from dataclasses import replace

from django.apps import apps
from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from privacy.datamap import registry
from privacy.datamap.declaration import Apart, Evidence, OnlyWith, PersonalData
from privacy.datamap.dialects import DIALECTS, Dialect, Trigger, literal
from privacy.datamap.fields import far_end, field_of
from privacy.datamap.names import ERASED_AT, HOLD, LIFTED_AT, LIMIT, RELEASED_AT, SUBJECT
from privacy.datamap.treatments import Blank, Stamp

CLOSED = "the account is frozen or erased"
TOMBSTONE = "a row may not move to an erased person"
ONE_WAY = "an erasure is not taken back"
APPEND_ONLY = "evidence is append-only"
HELD = "the person is under a legal hold"
# What staff are told of a refusal that no verb foresaw.
WORDS = {
    CLOSED: "The person was erased, or the account is frozen: nothing new comes in.",
    TOMBSTONE: "The person it would go to was erased.",
    HELD: "The person is under a legal hold; what is stored of them stays as it is until the hold is released.",
}


def sync(connection: BaseDatabaseWrapper) -> None:
    """Makes the database's triggers those of the map; two queries when they are. Tables and columns that are not there
    yet, as between the migrations of several apps, have none."""
    dialect = DIALECTS[connection.vendor](connection)
    wanted, found = _wanted(dialect), dialect.found()
    stale = [name for name, text in found.items() if name not in wanted or text != dialect.text(wanted[name])]
    missing = [trigger for name, trigger in wanted.items() if name not in found or name in stale]
    _execute(connection, dialect.drop(stale) + [sql for trigger in missing for sql in dialect.create(trigger)])


def lift(connection: BaseDatabaseWrapper) -> None:
    """Drops them all, before migrations: SQLite changes a table by renaming a copy, which fails while the trigger of
    another table names it, and PostgreSQL changes the type of no column that a trigger names. Until `sync` has run,
    after the last migration, only Python keeps the rules."""
    dialect = DIALECTS[connection.vendor](connection)
    _execute(connection, dialect.drop(list(dialect.found())))


def differences(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of triggers that the database lacks, has otherwise than the map says, or has beside it."""
    dialect = DIALECTS[connection.vendor](connection)
    wanted = {name: dialect.text(trigger) for name, trigger in _wanted(dialect).items()}
    found = dialect.found()
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def compiled(dialect: "Dialect") -> Iterator[Trigger]:
    """Every trigger that the map asks for."""
    rules = Rules(dialect)
    for declaration in sorted(registry.declarations.values(), key=lambda d: d.label()):
        if not declaration.evidence:
            yield from rules.of_person(declaration)
            yield from rules.of_hold(declaration)
    for model, evidence in sorted(registry.evidence().items(), key=lambda item: item[0]._meta.label):
        yield from rules.of_evidence(model, evidence)


def in_words(error: Exception) -> str:
    """What staff are told of what a trigger refused; empty when none of ours did. No value is quoted."""
    evidence = registry.evidence().values()
    only = {one.words: one.words for rows in evidence for one in rows.only_with}
    only |= {one.words: one.words for rows in evidence for one in rows.apart}
    return next((words for message, words in (WORDS | only).items() if message in str(error)), "")


def _wanted(dialect: "Dialect") -> dict[str, Trigger]:
    there = dialect.columns()
    return {trigger.name: trigger for trigger in compiled(dialect) if trigger.reads <= there}


def _execute(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    if statements:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


type Sql = tuple[str, set[tuple[str, str]]]  # and the columns that it reads


class Rules:
    """The triggers of one model."""

    def __init__(self, dialect: "Dialect"):
        self.quote, self.differs, self.truncates = dialect.quote, dialect.differs, dialect.truncates
        self.people, self.limits = apps.get_model(SUBJECT)._meta, apps.get_model(LIMIT)._meta
        self.holds = apps.get_model(HOLD)._meta

    def of_person(self, declaration: type[PersonalData]) -> Iterator[Trigger]:
        model, path = declaration.model, declaration.path()
        stamped = [name for name, treatment in declaration.treatments().items() if isinstance(treatment, Stamp)]
        for column in self.columns(model, stamped):
            gone_back = f"OLD.{self.quote(column)} IS NOT NULL AND {self.changed(column)}"
            yield self.on_update(model, "once", [column], ONE_WAY, gone_back)
        if not path:
            return
        [link] = self.columns(model, path[:1])
        if not declaration.despite_freeze:
            yield self.unless_free(declaration, Trigger(model._meta.db_table, "insert", "INSERT", CLOSED))
        yield self.unless_erased(declaration, self.on_update(model, "move", [link], TOMBSTONE, self.changed(link)))
        for column in self.columns(model, [n for n, p in declaration.fields.items() if p.starts_processing]):
            new, old = f"NEW.{self.quote(column)}", f"OLD.{self.quote(column)}"
            switched_on = f"{new} AND (NOT {old} OR {old} IS NULL OR {self.changed(link)})"
            start = self.on_update(model, f"start_{column}", [column, link], CLOSED, switched_on)
            yield self.unless_free(declaration, start)

    def of_hold(self, declaration: type[PersonalData]) -> Iterator[Trigger]:
        """Row by row where a database knows no better. Else once a statement, because a million rows are deleted in
        one: while nobody is held that costs one look into an index, and afterwards a join with the few who are."""
        model, table = declaration.model, declaration.model._meta.db_table
        columns = [model._meta.pk.column, *self.columns(model, declaration.held())]
        any_hold = f"EXISTS (SELECT 1 FROM {self.quote(self.holds.db_table)} WHERE {self.quote(RELEASED_AT)} IS NULL)"
        subject, reads = self.subject_of(declaration, "OLD")
        reads |= {(table, column) for column in columns} | {(self.holds.db_table, RELEASED_AT)}
        about = Trigger(table, "", "", HELD, test=self.is_under(subject), if_any=any_hold, reads=frozenset(reads))
        changes = self.on_update(model, "held_update", columns, HELD, " OR ".join(map(self.changed, columns)))
        changed = self.held_and_changed(declaration, columns)
        yield replace(about, rule=changes.rule, event=changes.event, when=changes.when, together=changed)
        yield replace(about, rule="held_delete", event="DELETE", together=self.held_among(declaration))
        if self.truncates:
            yield replace(about, rule="held_truncate", event="TRUNCATE", together="TRUE")

    def is_under(self, subject: str) -> str:
        link = self.quote(field_of(apps.get_model(HOLD), "subject").column)
        in_force = f"{link} = {subject} AND {self.quote(RELEASED_AT)} IS NULL"
        return f"EXISTS (SELECT 1 FROM {self.quote(self.holds.db_table)} WHERE {in_force})"

    def held_among(self, declaration: type[PersonalData]) -> str:
        return f"EXISTS (SELECT 1 FROM old_rows o WHERE {self.is_held('o', declaration)})"

    def held_and_changed(self, declaration: type[PersonalData], columns: list[str]) -> str:
        key, *others = map(self.quote, columns)
        changes = " OR ".join([f"n.{key} IS NULL", *(f"n.{c} {self.differs} o.{c}" for c in others)])
        rows = f"old_rows o LEFT JOIN new_rows n ON n.{key} = o.{key}"
        return f"EXISTS (SELECT 1 FROM {rows} WHERE {self.is_held('o', declaration)} AND ({changes}))"

    def is_held(self, row: str, declaration: type[PersonalData]) -> str:
        """From those who are held down to the row: they are few, and found by index. IS TRUE keeps PostgreSQL from
        making a join of it, for which it would look into that index once a row (494 ms in place of 200 for 100,000)."""
        link = self.quote(field_of(apps.get_model(HOLD), "subject").column)
        sql = f"SELECT {link} FROM {self.quote(self.holds.db_table)} WHERE {self.quote(RELEASED_AT)} IS NULL"
        model, chain = declaration.model, []
        for name in declaration.path():
            chain.append((model, self.quote(field_of(model, name).column)))
            model = far_end(field_of(model, name))
        for parent, column in reversed(chain[1:]):
            key, table = self.quote(parent._meta.pk.column), self.quote(parent._meta.db_table)
            sql = f"SELECT {key} FROM {table} WHERE {column} IN ({sql})"
        first = chain[0][1] if chain else self.quote(declaration.model._meta.pk.column)
        return f"({row}.{first} IN ({sql})) IS TRUE"

    def of_evidence(self, model: type[models.Model], evidence: Evidence) -> Iterator[Trigger]:
        guarded = [f.column for f in model._meta.concrete_fields if f.name not in evidence.changes]
        changes = " OR ".join(f"({self.forbidden(model, column, evidence)})" for column in guarded)
        table, reads = model._meta.db_table, self.reads(model, guarded)
        yield self.on_update(model, "change", guarded, APPEND_ONLY, changes)
        if evidence.goes is None or evidence.goes:
            stays = " OR ".join(f"NOT {self.is_one_of('OLD', c, v)}" for c, v in (evidence.goes or {}).items())
            yield Trigger(table, "delete", "DELETE", APPEND_ONLY, stays, reads=reads)
        if self.truncates:
            yield Trigger(table, "truncate", "TRUNCATE", APPEND_ONLY, reads=reads)
        for number, only in enumerate(evidence.only_with):
            yield from self.of_only(model, only, f"only_with_{number}")
        for number, apart in enumerate(evidence.apart):
            yield from self.of_apart(model, apart, f"apart_{number}")

    def of_only(self, model: type[models.Model], only: OnlyWith, rule: str) -> Iterator[Trigger]:
        """A row that comes in with such a value has no others behind it yet, and is refused, too."""
        [column] = self.columns(model, [only.field])
        is_filled = f"NEW.{self.quote(column)} IS NOT NULL"
        when = self.is_one_of("NEW", column, only.values) if only.values else is_filled
        behind = apps.get_model(only.model)
        table, link = behind._meta.db_table, field_of(behind, only.link).column
        where = {field_of(behind, name).column: self.is_as(value) for name, value in only.where.items()}
        rows = [f"{self.quote(link)} = NEW.{self.quote(model._meta.pk.column)}"]
        rows += [f"{self.quote(name)} {test}" for name, test in where.items()]
        test = f"NOT EXISTS (SELECT 1 FROM {self.quote(table)} WHERE {' AND '.join(rows)})"
        update = self.on_update(model, rule, [column], only.words, when)
        update = replace(update, test=test, reads=update.reads | {(table, name) for name in (link, *where)})
        yield update
        yield replace(update, rule=f"{rule}_new", event="INSERT")

    def of_apart(self, model: type[models.Model], apart: Apart, rule: str) -> Iterator[Trigger]:
        """Whoever is named there first is not named here, whatever names them: a statement, an import, a command."""
        [column, by] = self.columns(model, [apart.field, apart.by])
        asked = {field_of(model, name).column: values for name, values in apart.when.items()}
        when = " AND ".join(
            [f"NEW.{self.quote(column)} IS NOT NULL", *(self.is_one_of("NEW", c, v) for c, v in asked.items())]
        )
        other = apps.get_model(apart.model)
        table, there, link = other._meta.db_table, *self.columns(other, [apart.there, apart.link])
        where = {field_of(other, name).column: values for name, values in (apart.where or {}).items()}
        rows = [f"o.{self.quote(link)} = NEW.{self.quote(by)}", f"o.{self.quote(there)} = NEW.{self.quote(column)}"]
        rows += [self.is_one_of("o", name, values) for name, values in where.items()]
        test = f"EXISTS (SELECT 1 FROM {self.quote(table)} o WHERE {' AND '.join(rows)})"
        update = self.on_update(model, rule, [column, by, *asked], apart.words, when)
        update = replace(update, test=test, reads=update.reads | {(table, name) for name in (there, link, *where)})
        yield update
        yield replace(update, rule=f"{rule}_new", event="INSERT")

    def is_as(self, value: str | bool | None) -> str:
        if isinstance(value, str):
            return f"= {literal(value)}"
        return "IS NOT NULL" if value else "IS NULL"

    def forbidden(self, model: type[models.Model], column: str, evidence: Evidence) -> str:
        """What may not happen to a column of evidence."""
        field = next(f for f in model._meta.concrete_fields if f.column == column)
        changed = self.changed(column)
        is_text = isinstance(field, models.CharField | models.TextField)
        filled = [f"{{}}.{self.quote(column)} IS NOT NULL", *([f"{{}}.{self.quote(column)} <> ''"] if is_text else [])]
        if field.name in evidence.once + evidence.anew:
            rows = ("OLD", "NEW") if field.name in evidence.anew else ("OLD",)
            return " AND ".join([*(part.format(row) for row in rows for part in filled), changed])
        if field.name in evidence.while_open:
            ended, values = evidence.ended
            return f"{changed} AND {self.is_one_of('OLD', ended, values)}"
        if (blank := _blank(model, field.name)) is not None:
            return f"{changed} AND NEW.{self.quote(column)} <> {literal(blank)}"
        return changed

    def unless_erased(self, declaration: type[PersonalData], trigger: Trigger) -> Trigger:
        """The trigger, for rows of an erased person."""
        subject, reads = self.subject_of(declaration)
        return self.about(subject, trigger, reads, self.is_erased(subject))

    def unless_free(self, declaration: type[PersonalData], trigger: Trigger) -> Trigger:
        """The trigger, for rows of a person who is erased, or limited for a purpose that the rows serve."""
        subject, reads = self.subject_of(declaration)
        return self.about(subject, trigger, reads, self.is_erased(subject), self.is_limited(subject, declaration))

    def about(self, subject: str, trigger: Trigger, reads: set[tuple[str, str]], *tests: Sql) -> Trigger:
        test = " OR ".join(sql for sql, _ in tests)
        return replace(trigger, test=test, subject=subject, reads=trigger.reads.union(reads, *(r for _, r in tests)))

    def is_erased(self, subject: str) -> Sql:
        table, erased = self.people.db_table, self.quote(ERASED_AT)
        person = f"{self.quote(self.people.pk.column)} = {subject}"
        sql = f"EXISTS (SELECT 1 FROM {self.quote(table)} WHERE {person} AND {erased} IS NOT NULL)"
        return sql, {(table, ERASED_AT)}

    def is_limited(self, subject: str, declaration: type[PersonalData]) -> Sql:
        """Found by the partial index of the limits in force, which repeats these conditions."""
        table, link = self.limits.db_table, field_of(apps.get_model(LIMIT), "subject").column
        purposes = ", ".join(literal(purpose) for purpose in ("", *declaration.purposes()))
        in_force = f"{self.quote(link)} = {subject} AND {self.quote(LIFTED_AT)} IS NULL"
        sql = f"EXISTS (SELECT 1 FROM {self.quote(table)} WHERE {in_force} AND {self.quote('purpose')} IN ({purposes}))"
        return sql, {(table, column) for column in (link, LIFTED_AT, "purpose")}

    def subject_of(self, declaration: type[PersonalData], row: str = "NEW") -> Sql:
        """(SQL of the row's subject, the columns that it reads), along the declared path."""
        model, path = declaration.model, declaration.path()
        if not path:
            return f"{row}.{self.quote(model._meta.pk.column)}", set()
        first, *rest = path
        link = field_of(model, first)
        sql, reads = f"{row}.{self.quote(link.column)}", {(model._meta.db_table, link.column)}
        for name in rest:
            parent = far_end(link)
            link, table = field_of(parent, name), parent._meta.db_table
            where = f"{self.quote(parent._meta.pk.column)} = {sql}"
            sql = f"(SELECT {self.quote(link.column)} FROM {self.quote(table)} WHERE {where})"
            reads.add((table, link.column))
        return sql, reads

    def on_update(self, model: type[models.Model], rule: str, columns: list[str], message: str, when: str) -> Trigger:
        event = f"UPDATE OF {', '.join(map(self.quote, columns))}"
        return Trigger(model._meta.db_table, rule, event, message, when, reads=self.reads(model, columns))

    def changed(self, column: str) -> str:
        return f"NEW.{self.quote(column)} {self.differs} OLD.{self.quote(column)}"

    def is_one_of(self, row: str, column: str, values: tuple[str, ...]) -> str:
        return f"{row}.{self.quote(column)} IN ({', '.join(map(literal, values))})"

    def columns(self, model: type[models.Model], names: list[str]) -> list[str]:
        return [field_of(model, name).column for name in names]

    def reads(self, model: type[models.Model], columns: list[str]) -> frozenset[tuple[str, str]]:
        return frozenset((model._meta.db_table, column) for column in columns)


def _blank(model: type[models.Model], name: str) -> str | None:
    """What erasure writes over the text of a field; None for a field that it leaves."""
    declaration = registry.declarations.get(model)
    treatment = declaration.treatments().get(name) if declaration else None
    return treatment.to if isinstance(treatment, Blank) else None

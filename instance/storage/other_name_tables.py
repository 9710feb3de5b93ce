"""The other names of nodes. The rule kept here: a name that a company gave up stays given up; nobody gets it again."""

from sqlmodel import Field, SQLModel

from instance.storage.tables import big


class OtherName(SQLModel, table=True):
    """A name that stands for a node besides the one that it has now: one that it had, or (`is_coming`) our own one to come.

    `base` and `to_base` are base URLs. `since_ms` is when it was given up (of one to come: when it was chosen), `until_ms` until when
    letters under it are taken; of one to come it is for how long the old name will be kept.
    """

    __tablename__ = "other_name"
    host: str = Field(primary_key=True)
    base: str
    to_host: str = Field(index=True)
    to_base: str
    is_coming: int = 0
    since_ms: int = big()
    until_ms: int = big()

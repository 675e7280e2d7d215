"""Tables of media servers, and of what their people and other programs' histories say of titles."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.backend.store.tables import Id, Table


class Source(Table):
    """A library that is read again and again. Its key is in a file, never here.

    `name` is what its titles have in `media.source`. `libraries` names those that are read; nothing
    means all. `read_until` is from when on changes are read; without it, everything is. `asks` says
    how many titles the last sync would have taken away, until somebody decides.
    """

    __tablename__ = "sources"
    __table_args__ = (Index("uq_sources_name", "name", unique=True),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(Text)
    server_id: Mapped[str] = mapped_column(String(100))
    server_name: Mapped[str] = mapped_column(String(200))
    libraries: Mapped[list[Any] | None]
    link: Mapped[str | None] = mapped_column(Text)
    every_hours: Mapped[int | None]
    writes_ratings: Mapped[bool] = mapped_column(server_default=false())
    read_until: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    synced_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    asks: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]


class SourcePerson(Table):
    """Which member an account of a media server belongs to; of nobody else anything is read."""

    __tablename__ = "source_people"
    __table_args__ = (
        Index("uq_source_people_source_id_member_id", "source_id", "member_id", unique=True),
    )

    source_id: Mapped[int] = mapped_column(Id, ForeignKey("sources.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    user_name: Mapped[str] = mapped_column(String(200))
    member_id: Mapped[int] = mapped_column(Id, ForeignKey("members.id"))
    read_until: Mapped[datetime | None]


class SourceItemRow(Table):
    """Where a title stands at a media server; one title may stand in several libraries."""

    __tablename__ = "source_items"
    __table_args__ = (Index("ix_source_items_media_id", "media_id"),)

    source_id: Mapped[int] = mapped_column(Id, ForeignKey("sources.id"), primary_key=True)
    item_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    media_id: Mapped[int] = mapped_column(Id, ForeignKey("media.id"))
    library: Mapped[str] = mapped_column(String(100))
    poster: Mapped[str | None] = mapped_column(String(300))


class TitleId(Table):
    """Ids that mean a title everywhere, such as `imdb:tt0117571` and `tmdb:movie:603`."""

    __tablename__ = "title_ids"
    __table_args__ = (Index("ix_title_ids_media_id", "media_id"),)

    key: Mapped[str] = mapped_column(String(240), primary_key=True)
    media_id: Mapped[int] = mapped_column(Id, ForeignKey("media.id"), primary_key=True)


class WithheldTitle(Table):
    """A title that a media server does not show to a member."""

    __tablename__ = "withheld_titles"

    source_id: Mapped[int] = mapped_column(Id, ForeignKey("sources.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(Id, ForeignKey("members.id"), primary_key=True)
    media_id: Mapped[int] = mapped_column(Id, ForeignKey("media.id"), primary_key=True)


class HistoryEntryRow(Table):
    """What a member did with a title elsewhere: at a media server, or as an exported file tells.

    `raw_rating` of `scale` is as it was written, `rating` the same from 1 to 5. An entry of which
    nobody knows the title has no `media_id`, unless it was set aside. No member: the household.
    """

    __tablename__ = "history_entries"
    __table_args__ = (
        Index("uq_history_entries_source_member_id_key", "source", "member_id", "key", unique=True),
        Index("ix_history_entries_media_id", "media_id"),
        Index("ix_history_entries_noted_at", "noted_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(String(20))
    member_id: Mapped[int | None] = mapped_column(Id, ForeignKey("members.id"))
    key: Mapped[str] = mapped_column(String(400))
    media_id: Mapped[int | None] = mapped_column(Id, ForeignKey("media.id"))
    title: Mapped[str] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(10))
    year: Mapped[int | None]
    ids: Mapped[list[Any]]
    raw_rating: Mapped[float | None]
    scale: Mapped[float | None]
    rating: Mapped[int | None]
    would_watch_again: Mapped[bool | None]
    is_watched: Mapped[bool]
    at: Mapped[datetime | None]
    noted_at: Mapped[datetime]
    is_assigned: Mapped[bool] = mapped_column(server_default=false())
    is_set_aside: Mapped[bool] = mapped_column(server_default=false())


class Playback(Table):
    """That a member watched a title to its end, as a media server told; it asks how that was.

    `rating`, from 1 to 5, is what they said there.
    """

    __tablename__ = "playbacks"
    __table_args__ = (Index("ix_playbacks_media_id_told_at", "media_id", "told_at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(String(20))
    member_id: Mapped[int | None] = mapped_column(Id, ForeignKey("members.id"))
    media_id: Mapped[int] = mapped_column(Id, ForeignKey("media.id"))
    recommendation_id: Mapped[int] = mapped_column(Id, ForeignKey("recommendations.id"), index=True)
    rating: Mapped[int | None]
    times: Mapped[int] = mapped_column(server_default=text("1"))
    told_at: Mapped[datetime]


class WrittenRating(Table):
    """A rating that Encore wrote to an account of a media server, on the server's own scale.

    What the server has beside these was given there, and is nobody's to change here.
    """

    __tablename__ = "written_ratings"

    source_id: Mapped[int] = mapped_column(Id, ForeignKey("sources.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    item_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    rating: Mapped[float]
    written_at: Mapped[datetime]

"""What the pages ask."""

from __future__ import annotations

from tests.words import foreign, reading, writing

PAGES = {
    "uri": list(reading.uris()), "written": list(writing.written()), "channels": list(reading.channels()), "drafts": list(reading.drafts()),
    "broken": list(reading.broken()), "commands": list(reading.commands()), "flagged": list(writing.flagged()), "settings": list(writing.settings()),
    "lines": list(reading.lines()), "incoming": list(reading.incoming_values()), "shell": list(reading.shell()), "foreign": list(foreign.foreign()),
    "json": list(reading.json_texts()), "values": list(writing.values()), "versions": list(reading.versions()), "facts": list(writing.facts()),
    "sizes": list(reading.sizes()), "listening": list(reading.listening()),
    "incoming-edges": list(reading.incoming_edges()), "foreign-edges": list(foreign.foreign_edges()),
    "options": list(reading.options()), "exec": list(writing.commands_of_exec()), "nothing": list(writing.nothing()),
}  # fmt: skip

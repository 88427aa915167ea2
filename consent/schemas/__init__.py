"""JSON Schemas (draft 2020-12) of what we hand out, as files; served below /schemas/."""

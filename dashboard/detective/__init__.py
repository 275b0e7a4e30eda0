"""The Detective page, part by part.

`state` has what the reader has done in this session, `material` the run to explain, `probes` what
can be looked at, `suspects` whom to accuse, `verdict` what came of it; `page` puts them together.
A new probe is one in `mlp_core.diagnosis.signature`, with its picture in `pictures`.
"""

"""The Detective page, part by part.

`state` has what the reader has done in this session, `material` the run to explain, `probes` what
can be looked at, `suspects` whom to accuse, `verdict` what came of it; `page` puts them together.
A new probe has its price in `mlp_core.game.COSTS`, its name and reading in `words`, and its picture
in `pictures`.
"""

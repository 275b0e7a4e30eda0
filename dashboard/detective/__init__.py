"""The Detective page, a game in which a reader finds hidden bugs from the symptoms of a run.

`page` has the layout, `state` the reader's actions in this session, `probes` the measurements that
a reader can buy, and `verdict` the accusation and its result. A new probe needs a cost in
`mlp_core.game.COSTS`, a name and a sentence in `words`, and optionally a chart in `pictures`.
"""

"""Work behind the pages, shared by all sessions: the pool (`jobs`), what runs in it, its panel."""

"""Work behind the pages, shared by all sessions: a `pool` of `jobs`, what it runs, its `panel`."""

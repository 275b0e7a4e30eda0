"""The Containerfile, read without a container engine, and the lists of packages."""

import json
import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
LINES = re.sub(r"\\\n\s*", "", (REPOSITORY / "Containerfile").read_text()).splitlines()
INSTRUCTIONS = [line.split(maxsplit=1) for line in LINES if line and not line.startswith("#")]


def given(instruction: str) -> list[str]:
    """Returns the arguments of every instruction of one kind, in order."""
    return [rest for name, rest in INSTRUCTIONS if name == instruction]


def test_what_is_copied_exists_and_is_all_that_the_app_needs() -> None:
    copied = {source for rest in given("COPY") for source in rest.split()[:-1]}

    assert [source for source in copied if not (REPOSITORY / source).exists()] == []
    assert {"streamlit_app.py", "mlp_core", "dashboard", "pages", ".streamlit/config.toml"} < copied


def test_the_app_does_not_run_as_root() -> None:
    names = [name for name, _ in INSTRUCTIONS]

    (user,) = given("USER")
    assert user not in ("root", "0")
    assert any(f"--uid 10001 {user}" in run for run in given("RUN"))
    assert names.index("USER") < names.index("CMD")


def test_health_is_asked_where_the_app_answers() -> None:
    (check,), (port,) = given("HEALTHCHECK"), given("EXPOSE")
    command = json.loads(check[check.index("[") :])
    start = json.loads(given("CMD")[0])

    assert f"http://127.0.0.1:{port}/_stcore/health" in command[-1]
    compile(command[-1], "HEALTHCHECK", "exec")
    assert f"--server.port={port}" in start
    assert start[:3] == ["streamlit", "run", "streamlit_app.py"]


def test_the_image_has_a_python_that_is_tested() -> None:
    (base,) = given("FROM")
    version = re.search(r"python:([\d.]+)-slim", base)

    assert version is not None
    assert version[1] in (REPOSITORY / ".ci" / "run").read_text()


def test_every_package_has_a_lower_and_an_upper_bound() -> None:
    lines = (REPOSITORY / "requirements.txt").read_text().splitlines()
    required = [line for line in lines if line and not line.startswith("#")]

    assert all(re.fullmatch(r"[a-z-]+>=[\d.]+,<[\d.]+", line) for line in required)

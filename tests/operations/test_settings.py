"""Settings as a person meets them at the terminal: a wrong one stops the start with one sentence."""

import os
import stat
import subprocess
import threading

import pytest
from click.testing import CliRunner, Result

from app import create_app
from blueprints.core.settings import SettingError, Settings
from blueprints.operations.cli import hustings
from tests import postgresql
from tests.conftest import POSTGRESQL, SERVER
from tests.operations.serving import HUSTINGS, free_port

COMMANDS = [[], *([name] for name in sorted(hustings.commands)), ["database", "move"], ["import", "wordpress"]]


def run(folder, *words: str, **settings: str) -> Result:
    environ = {"INSTANCE": str(folder), **settings}
    return CliRunner().invoke(hustings, words, obj=create_app, env=environ, prog_name="hustings")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PORT", "eighty", "PORT must be a whole number from 1 to 65535"),
        ("PORT", "0", "PORT must be"),
        ("PORT", "9" * 5000, "PORT must be"),
        ("WORKERS", "-1", "WORKERS must be"),
        ("POSTS_PER_PAGE", "0", "POSTS_PER_PAGE must be"),
        ("THREADS_PER_PAGE", "501", "THREADS_PER_PAGE must be"),
        ("THREAD_DEPTH", "1.5", "THREAD_DEPTH must be"),
        ("REFRESH_SECONDS", "\u0663\u0660", "REFRESH_SECONDS must be"),
        ("SITE_URL", "example.org", "SITE_URL must read like 'https://example.org'"),
        ("SITE_URL", "https://example.org/blog", "without a path"),
        ("SITE_URL", "https://example.org?blog", "SITE_URL must"),
        ("SITE_URL", "https://exam ple.org", "SITE_URL must"),
        ("SITE_URL", "https://[bad", "SITE_URL must"),
        ("SITE_URL", "ftp://example.org", "SITE_URL must"),
        ("TIME_ZONE", "Mars/Olympus", "TIME_ZONE must be a zone like"),
        ("TIME_ZONE", "Europe", "TIME_ZONE must be"),
        ("TIME_ZONE", "../../etc/passwd", "TIME_ZONE must be"),
        ("TRUSTED_PROXIES", "everybody", "TRUSTED_PROXIES must list addresses"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "TRUSTED_PROXIES must list addresses"),
        ("COMMENT_LIMIT", "many", "COMMENT_LIMIT must read like '10 per minute'"),
        ("SIGN_IN_LIMIT", "many", "SIGN_IN_LIMIT must read like '10 per 15 minutes'"),
        ("LIMITS_URL", "nonsense", "LIMITS_URL names a store that cannot be used"),
        ("LIMITS_URL", "sqlite:///no/such/folder/limits.db", "LIMITS_URL names a store that cannot be used"),
        ("SECRET_KEY_FILE", "/no/such/file", "SECRET_KEY_FILE names a file that cannot be read"),
        ("SECRET_KEY_FILE", "/usr/bin/env", "SECRET_KEY_FILE names a file that cannot be read"),
        ("DATABASE_URL", "nonsense", "DATABASE_URL must read like"),
        ("DATABASE_URL", "sqlite:///relative.db", "DATABASE_URL must read like"),
        ("DATABASE_URL", "postgresql://me:sesame@example.org", "DATABASE_URL must read like"),
        ("DATABASE_URL", "postgresql://me:sesame@example.org:many/site", "DATABASE_URL must read like"),
        ("DATABASE_URL", "postgresql://example.org/site?password=sesame", "DATABASE_URL must read like"),
        ("DATABASE_URL", "postgresql+asyncpg://me:sesame@example.org/site", "DATABASE_URL must read like"),
        ("DATABASE_URL", "mysql://me:sesame@example.org/site", "DATABASE_URL must read like"),
        ("DATABASE_URL", "sqlite:////no/such/folder/site.db", "DATABASE_URL names a file in /no/such/folder"),
        ("MAIL_URL", "mail.example.org", "MAIL_URL must read like 'smtp://user:password@mail.example.org:587'"),
        ("MAIL_URL", "smtp://me:sesame@", "MAIL_URL must read like"),
        ("MAIL_URL", "smtp://me:sesame@mail.example.org:many", "MAIL_URL must read like"),
        ("MAIL_URL", "smtp://me:sesame@mail.example.org?tls=perhaps", "MAIL_URL must read like"),
        ("MAIL_URL", "smtp://me:sesame@mail.example.org?colour", "MAIL_URL must read like"),
        ("MAIL_URL", "smtp://me:sesame@mail.example.org", "MAIL_URL needs MAIL_FROM beside it"),
        ("MAIL_FROM", "The editors", "MAIL_FROM must read like"),
        ("MAIL_FROM", "The editors <post>", "MAIL_FROM must read like"),
        ("MAIL_FROM", "若水@example.org", "MAIL_FROM must be in ASCII before the @"),
        ("MAIL_REPLY_TO", "nobody", "MAIL_REPLY_TO must read like"),
        ("MAIL_PER_ADDRESS", "0", "MAIL_PER_ADDRESS must be"),
        ("INSTANCE", "/dev/null/site", "INSTANCE must name a folder that can be made"),
    ],
)
def test_wrong_setting_stops_the_start_with_one_sentence(tmp_path, name, value, says):
    done = run(tmp_path, "upgrade", **{name: value})
    assert done.exit_code == 2
    assert says in done.stderr
    assert done.stderr.startswith("hustings: ")
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""
    assert "sesame" not in done.stderr
    assert not (tmp_path / "hustings.db").exists()


@pytest.mark.parametrize(
    ("written", "opened"),
    [
        ("postgres://me:p%40ss@db.example:5433/site", "postgresql+psycopg://me:p%40ss@db.example:5433/site"),
        ("postgresql://me@[::1]/site", "postgresql+psycopg://me@[::1]/site"),
        ("postgresql+psycopg:///site", "postgresql+psycopg:///site"),
        ("postgresql:///site?host=/run/postgresql", "postgresql+psycopg:///site?host=%2Frun%2Fpostgresql"),
        ("postgresql://me@%2Frun%2Fpostgresql/site", "postgresql+psycopg://me@/site?host=%2Frun%2Fpostgresql"),
        (
            "postgresql://me@db.example/site?sslmode=verify-full",
            "postgresql+psycopg://me@db.example/site?sslmode=verify-full",
        ),
    ],
)
def test_address_of_a_server_is_taken_in_every_usual_spelling(tmp_path, written, opened):
    assert Settings.from_environ({"DATABASE_URL": written}, tmp_path).database_url == opened


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("post@example.org", ("", "post@example.org")),
        ("The editors <post@example.org>", ("The editors", "post@example.org")),
        ('"The editors" <post@bücher.example>', ("The editors", "post@xn--bcher-kva.example")),
        ("", ("", "hustings@localhost")),
    ],
)
def test_sender_is_taken_in_every_usual_spelling(tmp_path, written, read):
    assert Settings.from_environ({"MAIL_FROM": written}, tmp_path).mail_from == read


@pytest.fixture
def server():
    """The folder of the socket and the port of the run's server."""
    if not POSTGRESQL:
        pytest.skip("PostgreSQL: not installed")
    folder, port = os.environ[SERVER].split()
    postgresql.wait(postgresql.address(folder, port, "postgres")).close()
    return folder, port


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://hustings:sesam3@127.0.0.1:{port}/postgres", "password authentication failed"),
        ("postgresql://hustings:sesame@127.0.0.1:{port}/nowhere", 'database "nowhere" does not exist'),
        ("postgresql://hustings:sesame@127.0.0.1:1/postgres", "Connection refused"),
        ("postgresql://hustings:sesame@localhost:1/postgres", "Connection refused"),
        ("postgresql://hustings:sesame@no-such-host.invalid/postgres", "failed to resolve host"),
        ("postgresql://hustings:sesame@/postgres?host=/no/such/folder", "No such file or directory"),
        ("postgresql://hustings:sesame@127.0.0.1:{port}/postgres?colour=blue", 'invalid connection option "colour"'),
    ],
)
@pytest.mark.parametrize("command", ["upgrade", "serve"])
def test_server_that_cannot_be_used_stops_the_start_with_one_sentence(tmp_path, server, url, says, command):
    done = run(tmp_path, command, DATABASE_URL=url.format(port=server[1]), PORT=str(free_port()))
    assert isinstance(done.exception, SystemExit)
    said = str(done.exception)
    assert said.startswith("hustings: postgresql+psycopg://hustings:***@")
    assert says in said
    assert "sesam" not in said
    assert len(said.splitlines()) == 1


def test_database_that_cannot_hold_a_site_is_refused_with_one_sentence(tmp_path, server):
    with postgresql.wait(postgresql.address(*server, "postgres")) as connection:
        connection.execute(
            "CREATE DATABASE ascii TEMPLATE template0 ENCODING sql_ascii LOCALE_PROVIDER libc LOCALE 'C'"
        )
        connection.execute("CREATE DATABASE locked TEMPLATE template0")
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 'sesame'")
        try:
            url = f"postgresql://guest:sesame@127.0.0.1:{server[1]}"
            ascii_ = run(tmp_path, "upgrade", DATABASE_URL=f"{url}/ascii")
            locked = run(tmp_path, "upgrade", DATABASE_URL=f"{url}/locked")
        finally:
            connection.execute("DROP DATABASE ascii (FORCE)")
            connection.execute("DROP DATABASE locked (FORCE)")
            connection.execute("DROP ROLE guest")
    assert str(ascii_.exception).endswith(
        "/ascii cannot be used as a database: its encoding is SQL_ASCII and must be UTF8."
    )
    assert str(locked.exception).endswith(
        "/locked could not be brought up to date and is as it was: permission denied for schema public."
    )


def test_password_in_the_address_of_a_store_is_not_said(tmp_path):
    assert "sesame" not in run(tmp_path, "upgrade", LIMITS_URL="nonsense://me:sesame@127.0.0.1/0").stderr


def test_wrong_setting_stops_the_real_command_with_2(tmp_path):
    environ = {"INSTANCE": str(tmp_path), "PORT": "eighty"}
    done = subprocess.run([HUSTINGS, "serve"], env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)


def test_setting_may_lie_in_a_file(tmp_path):
    (tmp_path / "zone").write_text("Europe/Vienna\n")
    (tmp_path / "key").write_text("a key from a file\n")
    environ = {"TIME_ZONE_FILE": str(tmp_path / "zone"), "SECRET_KEY_FILE": str(tmp_path / "key"), "TIME_ZONE": "UTC"}
    settings = Settings.from_environ(environ, tmp_path)
    assert settings.time_zone.key == "Europe/Vienna"
    assert settings.secret_key == "a key from a file"
    assert not (tmp_path / "secret_key").exists()


def test_secret_key_is_made_once_and_is_the_owners_alone(tmp_path):
    first = Settings.from_environ({}, tmp_path / "site").secret_key
    assert len(first) > 40
    assert Settings.from_environ({}, tmp_path / "site").secret_key == first
    assert stat.S_IMODE((tmp_path / "site" / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "site").iterdir()] == ["secret_key"]


def test_those_who_start_at_once_agree_on_one_secret_key(tmp_path):
    keys: list[str] = []
    together = threading.Barrier(8)

    def start() -> None:
        together.wait()
        keys.append(Settings.from_environ({}, tmp_path).secret_key)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_empty_secret_key_is_not_signed_with(tmp_path):
    (tmp_path / "secret_key").touch()
    with pytest.raises(SettingError, match="empty or too short"):
        Settings.from_environ({}, tmp_path)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(tmp_path, words):
    done = run(tmp_path, *words, "--help")
    assert done.exit_code == 0
    assert done.stdout.startswith(" ".join(["Usage: hustings", *words]))
    assert len(done.stdout.splitlines()) > 4


def test_installed_command_explains_itself(tmp_path):
    environ = {"INSTANCE": str(tmp_path)}
    done = subprocess.run([HUSTINGS, "--help"], env=environ, capture_output=True, text=True, timeout=60, check=True)
    assert all(f"  {name} " in done.stdout for name in hustings.commands)

"""TLS without a proxy in front, for whoever has a certificate in two files."""

import ssl
import subprocess

import httpx
import pytest

from app import create_app
from blueprints.core.settings import SettingError, Settings
from tests.operations.serving import Site


@pytest.fixture
def pair(tmp_path):
    """A certificate for 127.0.0.1 and its key."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    words += ["-days", "1", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    words += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(words, capture_output=True, check=True)
    return certificate, key


def test_site_answers_over_tls_in_both_versions_of_http(tmp_path, pair):
    certificate, key = pair
    site = Site(tmp_path / "site", TLS_CERTIFICATE=str(certificate), TLS_KEY=str(key))
    site.url = site.url.replace("http:", "https:")
    trust = ssl.create_default_context(cafile=str(certificate))
    site.start(verify=trust)
    try:
        assert f"Hustings serves {site.url}" in site.said
        for version, http2 in (("HTTP/1.1", False), ("HTTP/2", True)):
            with httpx.Client(verify=trust, http1=not http2, http2=http2) as browser:
                answer = browser.get(f"{site.url}/posts/welcome")
                assert (answer.status_code, answer.http_version) == (200, version)
                assert "max-age" in answer.headers["Strict-Transport-Security"]
    finally:
        site.kill()


def test_half_of_a_pair_is_one_sentence(tmp_path, pair):
    certificate, key = map(str, pair)
    for environ, named in (
        ({"TLS_CERTIFICATE": certificate}, "TLS_CERTIFICATE is of use only together with TLS_KEY"),
        ({"TLS_KEY": key}, "TLS_KEY is of use only together with TLS_CERTIFICATE"),
        ({"TLS_CERTIFICATE": certificate, "TLS_KEY": "/nowhere.pem"}, "TLS_KEY must name a file that can be read"),
    ):
        with pytest.raises(SettingError, match=named):
            create_app(Settings.from_environ(environ, tmp_path))

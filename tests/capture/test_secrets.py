"""What is taken for a secret, and above all what is not."""

import hashlib
import json
import random
import string

import pytest

from runlog.capture.secrets import (
    WITHHELD,
    find_secrets,
    is_secret,
    is_secret_file,
    is_secret_name,
    redacted,
    withheld,
    withheld_words,
    without_credentials,
)

CHANCE = random.Random(4)


def letters(count: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    """Letters as a service gives them: of every sort."""
    return "".join(CHANCE.choices(alphabet, k=count - 3)) + "aB7"


# Put together here, so that no scanner finds them in this file.
TOKENS = {
    "AWS access key id": "AKIA" + "Q7XWM3ZKPLRT2YNB",
    "GitHub token": "ghp" + "_" + letters(36),
    "GitLab token": "glpat" + "-" + letters(20),
    "Slack token": "xoxb" + "-123456789012-" + letters(24),
    "Hugging Face token": "hf" + "_" + letters(34),
    "API key (sk-)": "sk" + "-ant-api03-" + letters(90),
    "Google API key": "AI" + "za" + letters(35),
    "JSON web token": "ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiIxMjM0In0." + letters(43),
    "private key": "-----BEGIN RSA PRIVATE" + " KEY-----\nMIIEow" + letters(60) + "\n-----END RSA PRIVATE" + " KEY-----",
    "password in an address": "postgres://ada:" + "hunter2" + "@db.example.org/runs",
}


SECRET_NAMES = """
    API_KEY WANDB_API_KEY api_key apiKey --api-key openai.api_key HF_TOKEN token auth_token accessToken GITHUB_PAT
    password db_password PGPASSWORD MYSQL_PWD smtp_pass SECRET client_secret clientSecret AWS_SECRET_ACCESS_KEY
    aws.secret.access.key private_key SSH_PRIVATE_KEY credentials SENTRY_DSN connection_string Authorization
    passphrase password2
"""


@pytest.mark.parametrize("name", SECRET_NAMES.split())
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


OTHER_NAMES = """
    tokenizer tokenizer_name max_tokens token_dim --token-dim num_tokens tokens pad_token eos_token mask_token
    n_token key keys sort_key key_dim primary_key query_key author authors PWD PASS passes password_length
    secret_size has_password use_auth_token monkey hotkey turkey alpha lr pass_rate compass class_token label_token vocab.token
single_pass forward_pass service_key session_key tokenize secretary
    token_type_ids max_key
"""


@pytest.mark.parametrize("name", OTHER_NAMES.split())
def test_names_of_other_things(name: str) -> None:
    assert not is_secret(name, "anything at all")


def test_what_is_called_a_secret_need_not_hold_one() -> None:
    for value in (None, True, False, "", "$HF_TOKEN", "${HF_TOKEN}", "{token}", "<token>", "****", "none", WITHHELD):
        assert not is_secret("token", value)
    assert not is_secret("token", 512)
    assert is_secret("password", 123456)


def test_the_name_of_a_file_with_a_secret_in_it_is_none() -> None:
    for value in ("/run/secrets/token", "./key", "~/.config/token", "service-account.json", "client.pem"):
        assert not is_secret("google_application_credentials", value)
    assert is_secret("password", "/not/a/file")
    assert is_secret("aws_secret_access_key", "wJalr/XUtnFEMI/K7MDENG")


@pytest.mark.parametrize("kind", TOKENS)
def test_tokens_are_known_by_their_shape_wherever_they_stand(kind: str) -> None:
    secret = TOKENS[kind]
    for text in (secret, f"first line\nfound: {secret}, and more\n", f'{{"x": "{secret}"}}', f"--x={secret}"):
        [found] = find_secrets(text)
        assert found.kind == kind
        assert found.line == 1 + text.count("\n", 0, text.index(secret[:8]))
        kept, _ = redacted(text)
        assert secret not in kept
        assert WITHHELD in kept
        assert "hunter2" not in kept


def test_hashes_ids_and_ordinary_text_are_no_secrets() -> None:
    sha = hashlib.sha256(b"x").hexdigest()
    harmless = f"""
    commit {hashlib.sha1(b"x").hexdigest()}
    sha256 {sha}  run 20261120-213012-k3f9x2  writer=20261120-213012-ab3d9f
    tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased-2024")
    max_tokens=512 token_dim: 32 pad_token = "[PAD]" key="value-number-12"
    token = tokens[0]; api_key = os.environ["API_KEY"]; password = getpass.getpass("Password: ")
    API_KEY=$OTHER_KEY TOKEN=${{TOKEN}} api_key = "your-api-key-123456" password: "<your password 1>"
    https://example.org/path?page=2#part  git@github.com:ada/trips.git  ssh://git@host/x.git  http://localhost:8080/@x
    scikit-learn sk-learn-is-a-library-with-a-very-long-name-of-many-words  hf_hub_download_and_more_words_here_now
    https://user:password@example.org  {sha}:{sha}  data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlE
    wandb: run {sha[:8]} at https://wandb.ai/ada/trips  {sha[:40]}
    "-----BEGIN PRIVATE KEY-----" in text
    """
    assert [harmless[found.start : found.end] for found in find_secrets(harmless)] == []


def test_values_that_are_given_to_secret_names_in_files_of_settings_and_code() -> None:
    value = "q7XwM3zKpLrT2yNb"
    for line in (f"API_KEY={value}", f"export DB_PASSWORD={value}", f'api_key = "{value}"', f"'client_secret': '{value}'"):
        text = f"a = 1\n{line}\nb = 2\n"
        assert [(found.line, text[found.start : found.end]) for found in find_secrets(text)] == [(2, value)]
    [found] = find_secrets("wandb login --relogin " + "0123456789" * 4)
    assert found.kind == "W&B API key"


def test_params_keep_their_names_and_lose_their_values() -> None:
    given = {
        "lr": 0.1,
        "api_key": "abc",
        "model": {"auth": {"password": "hunter2"}, "depth": 3},
        "note": f"with {TOKENS['GitHub token']}",
    }
    kept, names = withheld(given)
    assert kept == {
        "lr": 0.1,
        "api_key": WITHHELD,
        "model": {"auth": {"password": WITHHELD}, "depth": 3},
        "note": f"with {WITHHELD}",
    }
    assert names == ["api_key", "model", "note"]
    assert given["api_key"] == "abc"


def test_command_lines() -> None:
    token = TOKENS["Hugging Face token"]
    for words, kept in [
        (["train", "--api-key", "abc", "--lr", "0.1"], ["train", "--api-key", WITHHELD, "--lr", "0.1"]),
        (["train", "--api-key=abc"], ["train", f"--api-key={WITHHELD}"]),
        (["env", "WANDB_API_KEY=abc", "python"], ["env", f"WANDB_API_KEY={WITHHELD}", "python"]),
        (["docker", "run", "-e", "DB_PASSWORD=abc"], ["docker", "run", "-e", f"DB_PASSWORD={WITHHELD}"]),
        (["runlog", "-p", "token:=abc"], ["runlog", "-p", f"token:={WITHHELD}"]),
        (["sh", "-c", "HF_TOKEN=abc train --x"], ["sh", "-c", f"HF_TOKEN={WITHHELD} train --x"]),
        (["/usr/bin/curl", "-s", "-u", "ada:abc", "x.org"], ["/usr/bin/curl", "-s", "-u", f"ada:{WITHHELD}", "x.org"]),
        (["nice", "sshpass", "-p", "abc", "ssh", "x.org"], ["nice", "sshpass", "-p", WITHHELD, "ssh", "x.org"]),
        (["curl", f"https://{token}@huggingface.co"], ["curl", f"https://{WITHHELD}@huggingface.co"]),
    ]:
        assert withheld_words(words)[0] == kept
        assert len(withheld_words(words)[1]) == 1
    for harmless in (
        ["train", "--token-dim", "32", "--tokenizer=bert", "--max-tokens=512", "--pad-token", "[PAD]"],
        ["train", "--token", "--verbose"],
        ["python", "-c", "token = next(tokens)"],
        ["train", "--api-key", "$KEY", "--password="],
        ["train", "-u", "ada:abc", "-p", "5"],
    ):
        assert withheld_words(harmless) == (harmless, [])


def test_addresses_lose_who_and_with_what() -> None:
    for address, kept in {
        "https://ada:abc@example.org/x.git": "https://example.org/x.git",
        "https://abc@example.org/x.git": "https://example.org/x.git",
        "ssh://git@example.org:22/x.git": "ssh://git@example.org:22/x.git",
        "ssh://ada:abc@example.org/x": "ssh://ada@example.org/x",
        "git@example.org:ada/x.git": "git@example.org:ada/x.git",
        "/home/ada/x.git": "/home/ada/x.git",
        "s3://bucket/data.csv": "s3://bucket/data.csv",
        "https://example.org/d.csv?page=2&X-Amz-Signature=abc&token=abc": f"https://example.org/d.csv?page=2&X-Amz-Signature={WITHHELD}"
        f"&token={WITHHELD}",
        "postgresql://ada:abc@[::1]:5432/db": "postgresql://[::1]:5432/db",
    }.items():
        assert without_credentials(address) == kept


def test_files_that_are_there_to_hold_secrets() -> None:
    for path in (".env", "a/.env.local", "prod.env", "key.pem", "server.key", "id_rsa", "id_ed25519", ".netrc", "secrets.yaml"):
        assert is_secret_file(path)
    for path in (
        ".env.example",
        "id_rsa.pub",
        "environment.yml",
        "secrets.py",
        "keys.json",
        "tokenizer.json",
        "env.py",
        "pem.txt",
    ):
        assert not is_secret_file(path)


def test_long_texts_are_read_in_one_go() -> None:
    """Lines without an end and runs of one letter are what makes patterns slow; this only must come to an end."""
    texts = ["a" * 2_000_000, "://" * 300_000, "wandb key " * 100_000, "x='" * 300_000, json.dumps(list(range(200_000)))]
    assert [find_secrets(text) for text in texts] == [[]] * 5

"""Titles judged over HTTP: by our own shape, by the Open Inference Protocol, by MLflow's."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tritonclient.utils import InferenceServerException

from app.backend.api.app import create_app
from app.backend.api.tensors import asked_of
from app.backend.domain.context import every_context
from app.backend.domain.errors import InvalidInput
from app.backend.features.encode import for_context
from app.backend.features.plain_rows import COLUMNS
from app.backend.features.schema import TITLE_COLUMNS
from app.backend.workflows.household import Household
from tests.api.conftest import speaking_with

PREDICTIONS = "/api/v1/predictions"
INFER = "/v2/models/encore/infer"
EVENING = {"mood": "funny", "group_size": "couple", "session_length": "short"}


@pytest.fixture
def home(trained_demo: Household) -> Iterator[TestClient]:
    """Speak with an application whose champion learnt from the demo."""
    with speaking_with(create_app(trained_demo)) as client:
        yield client


def judged(client: TestClient, **asked: Any) -> list[list[dict[str, Any]]]:  # noqa: ANN401  # JSON
    """Return the predictions of each title."""
    answer = client.post(PREDICTIONS, json=asked)
    assert answer.status_code == 200, answer.text
    return [title["predictions"] for title in answer.json()["titles"]]


def test_a_pick_has_the_probability_that_it_was_shown_with(home: TestClient) -> None:
    """What is judged of a title of the library is what its slate says of it."""
    slate = home.post("/api/v1/recommendations", json=EVENING).json()
    titles = [{"media_id": pick["media_id"]} for pick in slate["picks"]]
    found = judged(home, titles=titles, contexts=[EVENING])
    for pick, (told,) in zip(slate["picks"], found, strict=True):
        assert told["probability"] == pytest.approx(pick["probability"], abs=1e-9)


def test_contexts_together_say_what_they_say_alone(home: TestClient) -> None:
    """All 36 evenings, and some that are only partly said, in one request or one by one."""
    contexts: list[dict[str, Any]] = [
        {"mood": c.mood, "group_size": c.group_size, "session_length": c.session_length}
        for c in every_context()[::5]
    ] + [{}, {"mood": "funny"}]
    titles = [{"media_id": 1}, {"kind": "series", "minutes": 45, "genres": ["Krimi"]}]
    together = judged(home, titles=titles, contexts=contexts, members=["Nobody known"])
    for at, context in enumerate(contexts):
        alone = judged(home, titles=titles, contexts=[context], members=["Nobody known"])
        for title, only in zip(together, alone, strict=True):
            assert title[at]["logit_mean"] == pytest.approx(only[0]["logit_mean"], abs=1e-9)


def test_a_title_in_full_is_judged_like_one_of_the_library(home: TestClient) -> None:
    """But for the title's own effect, which only feedback on it can teach."""
    listed = home.get("/api/v1/titles?limit=200").json()["titles"]
    shown = {
        one["media_id"] for s in home.get("/api/v1/slates").json()["slates"] for one in s["picks"]
    }
    known = next(title for title in listed if title["media_id"] not in shown and title["minutes"])
    full = {name: known[name] for name in ("kind", "year", "minutes", "genres", "community_rating")}
    named, told = judged(
        home, titles=[{"media_id": known["media_id"]}, full], contexts=[EVENING], contributions=True
    )
    parts = [
        {part["name"]: part["share"] for part in one[0]["contributions"] if part["name"] != "title"}
        for one in (named, told)
    ]
    without_text = [{n: s for n, s in one.items() if "text" not in n} for one in parts]
    assert without_text[0] == pytest.approx(without_text[1], abs=1e-9)


def test_contributions_add_up_and_intervals_hold(home: TestClient) -> None:
    """Shares sum to the logit, and the probability lies within its interval."""
    titles = [{"media_id": number} for number in range(1, 6)]
    for title in judged(home, titles=titles, contexts=[EVENING], contributions=True):
        (told,) = title
        assert sum(part["share"] for part in told["contributions"]) == pytest.approx(
            told["logit_mean"], abs=1e-9
        )
        low, high = told["interval"]
        assert 0 <= low < told["probability"] < high <= 1
    assert judged(home, titles=titles, contexts=[EVENING])[0][0]["contributions"] is None


def test_unknown_titles_and_genres_are_named(home: TestClient) -> None:
    """A number that is no title's is 404 with its number; an unknown genre is told and no error."""
    answer = home.post(
        PREDICTIONS, json={"titles": [{"media_id": 1}, {"media_id": 10**9}], "contexts": [{}]}
    )
    assert (answer.status_code, answer.json()["error"]["details"]) == (404, {"media_ids": [10**9]})
    full = {"titles": [{"genres": ["Comedy", "Quatsch"]}], "contexts": [{}]}
    assert home.post(PREDICTIONS, json=full).json()["titles"][0]["unknown_genres"] == ["Quatsch"]


@pytest.mark.parametrize(
    "asked",
    [
        {"titles": [], "contexts": [{}]},
        {"titles": [{"media_id": 1}], "contexts": []},
        {"titles": [{"media_id": 1, "kind": "movie"}], "contexts": [{}]},
        {"titles": [{"media_id": 2**63}], "contexts": [{}]},
        {"titles": [{"year": 1.5}], "contexts": [{}]},
        {"titles": [{"minutes": 0}], "contexts": [{}]},
        {"titles": [{"genres": ["\x00"]}], "contexts": [{}]},
        {"titles": [{}] * 201, "contexts": [{}]},
        {"titles": [{}], "contexts": [{"mood": "happy"}]},
        {"titles": [{}], "contexts": [{}], "more": 1},
    ],
)
def test_what_cannot_be_judged_is_refused(home: TestClient, asked: dict[str, Any]) -> None:
    """Bounds, types and names are insisted on."""
    assert home.post(PREDICTIONS, json=asked).status_code == 422


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """Serve an application on a port of its own."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"localhost:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def tensor(name: str, values: list[Any], kind: str) -> triton.InferInput:
    """Return an input as the client library sends it."""
    found = triton.InferInput(name, [len(values)], kind)
    dtype = np.object_ if kind == "BYTES" else np.float64
    found.set_data_from_numpy(np.array(values, dtype=dtype))
    return found


def test_a_client_of_the_open_inference_protocol_works(trained_demo: Household) -> None:
    """Health, metadata and inference, with data behind the JSON and within it."""
    with listening(create_app(trained_demo)) as address:
        client = triton.InferenceServerClient(address)
        assert client.is_server_live()
        assert client.is_server_ready()
        assert client.is_model_ready("encore")
        assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
        metadata = client.get_model_metadata("encore")
        (version,) = metadata["versions"]
        assert {one["name"] for one in metadata["inputs"]} == {*COLUMNS, "X"}
        inputs = [
            tensor("mood", ["funny", "dramatic"], "BYTES"),
            tensor("genres", ["Comedy", "Drama,Krimi"], "BYTES"),
            tensor("duration", [95.0, 142.0], "FP64"),
        ]
        by_default = client.infer("encore", inputs)
        wanted = [triton.InferRequestedOutput("probability", binary_data=False)]
        as_json = client.infer("encore", inputs, outputs=wanted, model_version=version)
        np.testing.assert_array_equal(
            by_default.as_numpy("probability"), as_json.as_numpy("probability")
        )
        assert by_default.as_numpy("standard_deviation").shape == (2,)
        assert client.is_model_ready("encore", version)
        with pytest.raises(InferenceServerException, match="There is no model version"):
            client.infer("encore", inputs, model_version="20200101T000000-000000000000")
        with pytest.raises(InferenceServerException, match="another datatype"):
            client.infer("encore", [tensor("mood", [1.0], "FP64")])


def test_all_three_ways_answer_the_same(home: TestClient, trained_demo: Household) -> None:
    """Predictions, inference by columns and by matrix, and MLflow's rows agree to 1e-9."""
    row = {**EVENING, "genres": "Comedy,Romance", "kind": "movie", "duration": 92.0, "year": 2014.0}
    full = {"kind": "movie", "year": 2014, "minutes": 92, "genres": ["Comedy", "Romance"]}
    expected = judged(home, titles=[full], contexts=[EVENING])[0][0]["probability"]
    inputs = [
        {
            "name": name,
            "shape": [1, 1],
            "datatype": "BYTES" if isinstance(value, str) else "FP64",
            "data": [[value]],
        }
        for name, value in row.items()
    ]
    inferred = home.post(INFER, json={"id": "seven", "inputs": inputs}).json()
    outputs = {one["name"]: one["data"][0] for one in inferred["outputs"]}
    assert inferred["id"] == "seven"
    assert outputs["probability"] == pytest.approx(expected, abs=1e-9)
    shapes: list[dict[str, Any]] = [
        {"dataframe_records": [row]},
        {"instances": [row]},
        {"dataframe_split": {"columns": list(row), "data": [list(row.values())]}},
        {"inputs": {name: [value] for name, value in row.items()}},
    ]
    for shape in shapes:
        told = home.post("/invocations", json=shape).json()["predictions"]
        assert told == [{"probability": pytest.approx(expected, abs=1e-9)}]
    with trained_demo.database.reading() as session:
        serving = trained_demo.shelf.serving(session)
    X = for_context(21, np.zeros((2, len(TITLE_COLUMNS))))
    matrix = {"name": "X", "shape": list(X.shape), "datatype": "FP64", "data": X.tolist()}
    told = home.post(INFER, json={"inputs": [matrix]}).json()["outputs"][0]["data"]
    np.testing.assert_allclose(told, serving.predictor.moments(X).probability, atol=1e-9)


def test_csv_and_unknown_columns_are_read_as_mlflow_does(home: TestClient) -> None:
    """A header and rows; what the model does not know is named in a header of the answer."""
    answer = home.post(
        "/invocations",
        content="mood,duration,director\nfunny,95,Ada\n,,\n",
        headers={"content-type": "text/csv"},
    )
    assert answer.headers["encore-ignored-columns"] == "director"
    assert len(answer.json()["predictions"]) == 2
    assert home.get("/ping").status_code == 200
    assert home.get("/version").text


NASTY = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'{"inputs": []}',
    b"[" * 5_000 + b"]" * 5_000,
    b'{"inputs": [{"name": "mood", "shape": [1], "datatype": "BYTES", "data": ["\\ud800"]}]}',
    b'{"inputs": [{"name": "mood", "shape": [-1], "datatype": "BYTES", "data": ["funny"]}]}',
    b'{"inputs": [{"name": "year", "shape": [1], "datatype": "FP64", "data": [1e999]}]}',
    b'{"inputs": [{"name": "year", "shape": [1], "datatype": "FP64", "data": [NaN]}]}',
    b'{"inputs": [{"name": "year", "shape": [9999999], "datatype": "FP64", "data": [1]}]}',
    b'{"inputs": [{"name":"year","shape":[1],"datatype":"INT64","data":[9223372036854775808]}]}',
    b'{"inputs": [{"name": "X", "shape": [1, 2], "datatype": "FP64", "data": [1, 2]}]}',
    b'{"inputs": [{"name": "mood", "shape": [1], "datatype": "BYTES", "data": [["a"], {}]}]}',
    b'{"inputs": [{"name": "year", "shape": [1], "datatype": "INT64", "data": [1999.5]}]}',
    b'{"dataframe_records": [{"mood": {"a": 1}}]}',
    b'{"dataframe_records": [{"year": true}]}',
    b'{"dataframe_records": [{"year": "1999"}]}',
    b'{"dataframe_records": [{"kind": "film"}]}',
    b'{"dataframe_records": [{}]}',
    b'{"dataframe_records": [{"director": "Ada"}]}',
    b'{"dataframe_records": [{"year": "soon"}]}',
    b'{"dataframe_split": {"columns": ["mood", "mood"], "data": [["funny", "funny"]]}}',
    b'{"dataframe_split": {"columns": "mood", "data": 7}}',
    b'{"inputs": {"mood": "funny"}}',
    b'{"dataframe_records": [{"duration": 1' + b"0" * 700 + b"}]}",
    b'{"inputs": [{"name": "X", "shape": [1, 37], "datatype": "FP64", "data": ['
    + b",".join([b"-1e300"] * 37)
    + b"]}]}",
]


@pytest.mark.parametrize("body", NASTY)
@pytest.mark.parametrize("path", [INFER, "/invocations", PREDICTIONS])
def test_nasty_bodies_break_nothing(home: TestClient, path: str, body: bytes) -> None:
    """Whatever is sent, there is no fault, and a failure has its shape."""
    answer = home.post(path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code < 500
    if answer.status_code >= 300:
        told = answer.json()
        assert isinstance(told["error"], str if path == INFER else dict)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60), st.integers(-5, 200), st.integers(0, 80))
def test_data_behind_the_json_are_never_trusted(behind: bytes, length: int, size: int) -> None:
    """Lengths that lie are refused, whatever bytes there are."""
    inputs = [
        {
            "name": "genres",
            "shape": [1],
            "datatype": "BYTES",
            "parameters": {"binary_data_size": size},
        }
    ]
    head = json.dumps({"inputs": inputs}).encode()
    for said in (str(length), str(len(head)), "x", "9" * 30):
        try:
            asked = asked_of(head + behind, said)
        except InvalidInput:
            continue
        assert len(asked.columns["genres"]) == 1


def test_failures_before_any_route_have_the_protocols_shape(home: TestClient) -> None:
    """Too large a body, or another site's page: a sentence under `error`, as everywhere there."""
    large = home.post(INFER, content=b" " * (4 * 2**20 + 1))
    foreign = home.post(INFER, content=b"{}", headers={"sec-fetch-site": "cross-site"})
    assert (large.status_code, large.json()["code"]) == (413, "body_too_large")
    assert (foreign.status_code, foreign.json()["code"]) == (403, "cross_site_refused")
    assert isinstance(large.json()["error"], str)


def test_the_rules_answer_by_their_name(home: TestClient) -> None:
    """While a champion serves, what the rules would say can be asked for."""
    inputs = [{"name": "mood", "shape": [1], "datatype": "BYTES", "data": ["funny"]}]
    told = home.post("/v2/models/encore/versions/rules/infer", json={"inputs": inputs}).json()
    assert told["model_version"] == "rules"
    assert told["outputs"] != home.post(INFER, json={"inputs": inputs}).json()["outputs"]

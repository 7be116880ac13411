"""The API against its own description: whatever a machine can think of, the answer is never a 500."""

import uuid

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection

from .real import serving

EXAMPLES = 40
PATIENT = settings(
    deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def description(mlflow_server, tmp_path_factory):
    """The OpenAPI description of a server, from that server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
        name = f"fuzz-{uuid.uuid4().hex[:8]}"
        serving.register(name, serving.fitted())
        with serving.serving(f"{name}@champion", tmp_path_factory.mktemp("fuzz")) as server:
            yield schemathesis.openapi.from_url(f"http://127.0.0.1:{server.port}/openapi.json")


def ask(case):
    """One wrong row does not refuse its neighbours, so a request that breaks the description may still be answered."""
    case.call_and_validate(excluded_checks=[negative_data_rejection])


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_an_answer_is_as_described_and_never_a_500(description, mode):
    operations = [found.ok() for found in description.get_all_operations()]
    if mode == GenerationMode.NEGATIVE:  # a path that takes nothing can be given nothing wrong
        operations = [operation for operation in operations if operation.method == "post"]
    assert len(operations) >= 2
    for operation in operations:
        asking = given(case=operation.as_strategy(generation_mode=mode))(ask)
        settings(PATIENT, max_examples=EXAMPLES)(asking)()

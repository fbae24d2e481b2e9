import pytest

from processor.errors import ProviderRefused
from processor.llm.circuit import ProviderCircuit


def test_a_new_circuit_lets_calls_through() -> None:
    circuit = ProviderCircuit()

    circuit.check()

    assert circuit.reason is None


def test_an_open_circuit_refuses_with_the_first_reason() -> None:
    circuit = ProviderCircuit()
    circuit.open("the key is unknown")
    circuit.open("the credit is gone")

    with pytest.raises(ProviderRefused, match="the key is unknown"):
        circuit.check()

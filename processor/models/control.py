"""What stops work everywhere: an open provider circuit, the emergency stop."""

from sqlmodel import SQLModel

from processor.models.columns import Moment, PrimaryCount, PrimaryWords, Words


class ProviderCircuit(SQLModel, table=True):
    """The provider refused our key or account."""

    __tablename__ = "provider_circuits"

    provider: PrimaryWords
    reason: Words
    opened_at: Moment
    retry_at: Moment


class EmergencyStop(SQLModel, table=True):
    """Start nothing, hand back what runs."""

    __tablename__ = "emergency_stop"

    id: PrimaryCount
    reason: Words
    stopped_at: Moment

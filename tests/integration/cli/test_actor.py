import os
import pwd

from processor.cli import access
from processor.models import AuditEntry
from processor.services.changes import record
from tests.world import World


def test_a_command_writes_in_the_name_of_the_user_of_the_operating_system(world: World) -> None:
    with access.writing(world.database) as work:
        record(work, "store.updated", None, None)
    assert world.rows(AuditEntry)[-1].actor == f"cli:{pwd.getpwuid(os.getuid()).pw_name}"

"""The program that `pulumi up` runs: configuration -> plan -> components -> outputs."""

from __future__ import annotations

import pulumi

from config.errors import ConfigError
from config.sources import load_pulumi
from machine.hardware import hardware
from sizing.prepare import prepare

try:
    config, plan = prepare(load_pulumi(), hardware=hardware)
except ConfigError as error:
    # The engine shows a RunError without a traceback, but the Automation API shows it twice: the report goes before it.
    pulumi.log.error(str(error))
    raise pulumi.RunError("the configuration is wrong (see above); nothing was changed") from None

# Each loads the SDK of its own target alone.
if config.target == "local":
    from components.local.stack import build
else:
    from components.aws.stack import build

for name, value in build(config, plan).items():
    pulumi.export(name, value)

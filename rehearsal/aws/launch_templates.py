"""Launch templates: own tags are not those of what is launched, and every version can be launched.

CreateLaunchTemplate: "TagSpecification: The tags to apply to the launch template on creation. [...] To tag the
resources that are created when an instance is launched, you must use LaunchTemplateData TagSpecifications." Moto puts
the former into the template's data, which a provider sees as a change.

CreateTags: "Adds or overwrites only the specified tags for the specified Amazon EC2 resource". Moto describes a
template with the tags of its creation for ever.

CreateLaunchTemplateVersion takes the same data as CreateLaunchTemplate. Moto keeps the user data of a later version in
another form, and then refuses to launch it.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateBackend
from moto.ec2.utils import parse_user_data

from rehearsal.aws.patch import Method, wrap


def install() -> None:
    wrap(LaunchTemplateBackend, "create_launch_template", _without_own_tags)
    wrap(LaunchTemplateBackend, "describe_launch_templates", _with_tags_of_today)
    wrap(LaunchTemplate, "create_version", _with_user_data)


def _without_own_tags(original: Method) -> Method:
    def create(self: Any, name: str, description: str, template_data: dict[str, Any], tag_spec: dict[str, Any]) -> Any:
        launched = [
            specification
            for specification in template_data.get("TagSpecifications", [])
            if specification["ResourceType"] != "launch-template"
        ]
        data = {key: value for key, value in template_data.items() if key != "TagSpecifications"}
        return original(self, name, description, data | ({"TagSpecifications": launched} if launched else {}), tag_spec)

    return create


def _with_tags_of_today(original: Method) -> Method:
    def describe(self: Any, *args: Any, **kwargs: Any) -> Any:
        templates = original(self, *args, **kwargs)
        for template in templates:
            template.tags = template.get_tags()
        return templates

    return describe


def _with_user_data(original: Method) -> Method:
    def create_version(self: Any, data: dict[str, Any], description: str) -> Any:
        user_data = data.get("UserData")
        parsed = parse_user_data(user_data) if isinstance(user_data, str) else user_data
        return original(self, data | {"UserData": parsed}, description)

    return create_version

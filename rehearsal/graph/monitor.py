"""A Pulumi resource monitor that records every registration and answers as a create on AWS would.

It is a plain object with the methods of the gRPC stub (pulumi.runtime.proto), which the SDK takes in place of
an address: no socket is opened.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import engine_pb2, resource_pb2

from rehearsal.graph.answers import Answers, NotThereError
from rehearsal.graph.model import STACK_TYPE, Graph, Invoke, Message, Resource, make_urn
from rehearsal.graph.values import plain, plain_struct, with_outputs

_FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
)


class DuplicateUrnError(Exception):
    """Two resources have one URN; the engine refuses that as well."""


@dataclass
class RecordingMonitor:
    """Collects one run. The SDK calls from worker threads, hence the lock."""

    project: str
    stack: str
    answers: Answers
    _resources: dict[str, Resource] = field(default_factory=dict)
    _invokes: list[Invoke] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def graph(self, *, messages: Iterable[Message]) -> Graph:
        """Everything recorded so far."""
        return Graph(
            resources=tuple(_in_tree_order(tuple(self._resources.values()))),
            invokes=tuple(sorted(self._invokes, key=lambda invoke: (invoke.token, str(invoke.args)))),
            messages=tuple(messages),
        )

    def get_deployment_info(self, _: empty_pb2.Empty) -> resource_pb2.DeploymentInfo:
        return resource_pb2.DeploymentInfo(supportedFeatures=_FEATURES)

    def register_resource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:
        resource = self._resource_of(request)
        with self._lock:
            if resource.urn in self._resources:
                raise DuplicateUrnError(resource.urn)
            self._resources[resource.urn] = resource
        if not resource.custom:
            return resource_pb2.RegisterResourceResponse(urn=resource.urn, object=request.object)
        id_, outputs = self.answers.resource(
            urn=resource.urn, type_=resource.type, name=resource.name, inputs=resource.inputs
        )
        with self._lock:
            self._resources[resource.urn] = replace(resource, answered={"id": id_, **outputs})
        state = with_outputs(inputs=request.object, outputs=outputs)
        return resource_pb2.RegisterResourceResponse(urn=resource.urn, id=id_, object=state)

    def register_resource_outputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> empty_pb2.Empty:
        with self._lock:
            resource = self._resources[request.urn]
            self._resources[request.urn] = replace(resource, outputs=plain_struct(request.outputs))
        return empty_pb2.Empty()

    def invoke(self, request: resource_pb2.ResourceInvokeRequest) -> resource_pb2.ResourceInvokeResponse:
        args = plain_struct(request.args)
        with self._lock:
            self._invokes.append(Invoke(token=request.tok, args=args))
        response = resource_pb2.ResourceInvokeResponse()
        result = struct_pb2.Struct()
        try:
            result.update(self.answers.invoke(token=request.tok, args=args))
        except NotThereError as error:
            response.failures.add(reason=str(error))
            return response
        getattr(response, "return").CopyFrom(result)  # the field's name is a keyword
        return response

    def signal_and_wait_for_shutdown(self, _: empty_pb2.Empty) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    # The names that the SDK calls, as the gRPC stub has them.
    GetDeploymentInfo = get_deployment_info
    RegisterResource = register_resource
    RegisterResourceOutputs = register_resource_outputs
    Invoke = invoke
    SignalAndWaitForShutdown = signal_and_wait_for_shutdown

    def _resource_of(self, request: resource_pb2.RegisterResourceRequest) -> Resource:
        urn = make_urn(
            stack=self.stack,
            project=self.project,
            parent=request.parent,
            type_=request.type,
            name=request.name,
        )
        return Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            parent=request.parent or None,
            custom=request.custom,
            inputs=plain_struct(request.object),
            outputs={},
            answered={},
            dependencies=tuple(sorted(request.dependencies)),
            property_dependencies={
                key: tuple(sorted(value.urns)) for key, value in sorted(request.propertyDependencies.items())
            },
            protect=request.protect,
            ignore_changes=tuple(sorted(request.ignoreChanges)),
            replace_on_changes=tuple(sorted(request.replaceOnChanges)),
            replacement_trigger=plain(json_format.MessageToDict(request.replacement_trigger))
            if request.HasField("replacement_trigger")
            else None,
            aliases=tuple(_alias_text(alias) for alias in request.aliases),
            delete_before_replace=request.deleteBeforeReplace,
            retain_on_delete=request.retainOnDelete,
            provider=request.provider or None,
        )


@dataclass
class RecordingEngine:
    """The engine's side of logging: keeps what the program says."""

    messages: list[Message] = field(default_factory=list)

    def log(self, request: engine_pb2.LogRequest) -> empty_pb2.Empty:
        severity = engine_pb2.LogSeverity.Name(request.severity).lower()
        if severity != "debug":
            self.messages.append(Message(severity=severity, text=request.message))
        return empty_pb2.Empty()

    Log = log


def _alias_text(alias: Any) -> str:
    """An alias as a URN, or what it says of the former name, type and parent."""
    if alias.urn:
        return str(alias.urn)
    spec = alias.spec
    return ",".join(
        f"{key}={value}"
        for key, value in (
            ("name", spec.name),
            ("type", spec.type),
            ("parent", spec.parentUrn),
            ("noParent", "true" if spec.noParent else ""),
        )
        if value
    )


def _in_tree_order(resources: tuple[Resource, ...]) -> Iterable[Resource]:
    """Depth first, siblings by type and name: the order of registration depends on the scheduler."""
    children: dict[str | None, list[Resource]] = {}
    for resource in sorted(resources, key=lambda item: (item.custom, item.type, item.name)):
        children.setdefault(resource.parent, []).append(resource)

    def walk(resource: Resource) -> Iterable[Resource]:
        yield resource
        for child in children.get(resource.urn, ()):
            yield from walk(child)

    roots = (resource for resource in children.get(None, ()) if resource.type == STACK_TYPE)
    for root in roots:
        yield from walk(root)

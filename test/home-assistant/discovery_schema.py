"""Asks Home Assistant's own MQTT schemas: which keys they declare, and what they say about documents.

Reads {"platforms": [...]} or {"documents": {name: document}} from standard input, writes JSON to standard output.
"""

import asyncio
import copy
import importlib
import json
import sys
import tempfile

import probatio

from homeassistant.components.mqtt import device_trigger, schemas
from homeassistant.components.mqtt.discovery import _merge_common_device_options
from homeassistant.components.sensor.const import DEVICE_CLASS_STATE_CLASSES
from homeassistant.const import __version__
from homeassistant.core import HomeAssistant


def schema_of(platform):
    if platform == "device_automation":
        return device_trigger.TRIGGER_DISCOVERY_SCHEMA
    return importlib.import_module(f"homeassistant.components.mqtt.{platform}").DISCOVERY_SCHEMA


def markers(schema):
    """The keys of a schema, looking through the validators that wrap it."""
    if isinstance(schema, probatio.Schema):
        return markers(schema.schema)
    if isinstance(schema, dict):
        return list(schema)
    return [key for part in getattr(schema, "validators", []) for key in markers(part)]


def keys(schema):
    found = markers(schema)
    return {
        "declared": sorted({str(key) for key in found}),
        "required": sorted({str(key) for key in found if isinstance(key, probatio.Required)}),
    }


def availability_entry():
    by_name = {str(key): value for key, value in schemas._MQTT_AVAILABILITY_LIST_SCHEMA.schema.items()}
    return [part for part in by_name["availability"].validators if isinstance(part, list)][0][0]


def extract(platforms):
    return {
        "home_assistant": __version__,
        "document": keys(schemas.DEVICE_DISCOVERY_SCHEMA),
        "device": keys(schemas.MQTT_DEVICE_INFO_SCHEMA),
        "origin": keys(schemas.MQTT_ORIGIN_INFO_SCHEMA),
        "availability": keys(availability_entry()),
        "shared_with_components": sorted(schemas.SHARED_OPTIONS),
        "state_classes": {
            device_class.value: sorted(state_class.value for state_class in allowed)
            for device_class, allowed in sorted(DEVICE_CLASS_STATE_CLASSES.items())
        },
        "platforms": {platform: keys(schema_of(platform)) for platform in platforms},
    }


def check(name, document):
    def problem(component, kind, detail):
        return {"document": name, "component": component, "kind": kind, "detail": str(detail)}

    try:
        schemas.validate_device_discovery_components(
            schemas.DEVICE_DISCOVERY_SCHEMA(copy.deepcopy(document))
        )
    except probatio.Invalid as error:
        return [problem(None, "invalid", error)]
    problems = []
    for component, written in document.get("components", {}).items():
        given = {key: value for key, value in written.items() if key != "platform"}
        # Nothing but a platform takes the component away.
        if not given:
            continue
        schema = schema_of(written["platform"])
        undeclared = sorted(set(given) - set(keys(schema)["declared"]))
        problems += [problem(component, "undeclared", key) for key in undeclared]
        merged = copy.deepcopy(given)
        _merge_common_device_options(merged, document)
        merged.update(device=document["device"], origin=document["origin"])
        try:
            schema(merged)
        except (probatio.Invalid, ValueError) as error:
            problems.append(problem(component, "invalid", error))
        # Only the log of a running Home Assistant complains about these.
        allowed = DEVICE_CLASS_STATE_CLASSES.get(given.get("device_class"))
        state_class = given.get("state_class")
        if written["platform"] == "sensor" and None not in (allowed, state_class) and state_class not in allowed:
            problems.append(problem(component, "invalid", f"state_class {state_class} for {given['device_class']}"))
    return problems


async def main():
    # Templates are only checked where a Home Assistant exists in the running event loop.
    hass = HomeAssistant(tempfile.gettempdir())
    request = json.load(sys.stdin)
    if "platforms" in request:
        answer = extract(request["platforms"])
    else:
        answer = [found for name, document in request["documents"].items() for found in check(name, document)]
    json.dump(answer, sys.stdout)
    await hass.async_stop(force=True)


asyncio.run(main())

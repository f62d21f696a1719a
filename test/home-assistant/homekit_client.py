"""Pairs with the HomeKit bridge on a port of this machine, as an iPhone does, and says what it finds and hears.

Reads one line: {"port", "pin"}. Writes a JSON object on each line: first {"accessories"}, each with its services, then
{"listening": true}, then {"accessory", "service", "type", "value"} for whatever changes. Ends with its standard input.
No service is looked for over multicast DNS: the address is known.
"""

import asyncio
import json
import sys
from types import SimpleNamespace

from aiohomekit.characteristic_cache import CharacteristicCacheMemory
from aiohomekit.controller.ip.discovery import IpDiscovery
from aiohomekit.model.categories import Categories
from aiohomekit.model.characteristics import CharacteristicsTypes
from aiohomekit.model.feature_flags import FeatureFlags
from aiohomekit.model.services import ServicesTypes
from aiohomekit.model.status_flags import StatusFlags
from aiohomekit.zeroconf import HomeKitService

HOST = "127.0.0.1"

SERVICES = {
    value: name.lower()
    for name, value in vars(ServicesTypes).items()
    if isinstance(value, str) and not name.startswith("_")
}


def say(message):
    print(json.dumps(message), flush=True)


async def pair(port, pin):
    description = HomeKitService(
        name="bridge",
        id="00:00:00:00:00:00",
        model="bridge",
        feature_flags=FeatureFlags(0),
        status_flags=StatusFlags.UNPAIRED,
        config_num=0,
        state_num=0,
        category=Categories.BRIDGE,
        protocol_version="1.0",
        type="_hap._tcp.local.",
        address=HOST,
        addresses=[HOST],
        port=port,
    )
    controller = SimpleNamespace(
        _char_cache=CharacteristicCacheMemory(), pairings={}, aliases={}
    )
    discovery = IpDiscovery(controller, description)
    finish = await discovery.async_start_pairing("test")
    return await finish(pin)


def value_of(service, type_):
    found = [one for one in service["characteristics"] if one["type"] == type_]
    return found[0].get("value") if found else None


def described(accessory):
    """An accessory's name, and its services with theirs."""
    services = accessory["services"]
    information = [
        one for one in services if one["type"] == ServicesTypes.ACCESSORY_INFORMATION
    ]
    return {
        "name": value_of(information[0], CharacteristicsTypes.NAME),
        "services": [
            {
                "type": SERVICES.get(service["type"], service["type"]),
                "name": value_of(service, CharacteristicsTypes.CONFIGURED_NAME)
                or value_of(service, CharacteristicsTypes.NAME),
            }
            for service in services
            if service not in information
        ],
    }


def heard_of(accessories):
    """What can be heard of, by its accessory's and its own number: the switches' events and the sensors' states."""
    wanted = {
        CharacteristicsTypes.INPUT_EVENT,
        CharacteristicsTypes.OCCUPANCY_DETECTED,
    }
    places = {}
    for accessory in accessories:
        details = described(accessory)
        for service in accessory["services"]:
            for characteristic in service["characteristics"]:
                if characteristic["type"] in wanted:
                    places[(accessory["aid"], characteristic["iid"])] = {
                        "accessory": details["name"],
                        "service": value_of(
                            service, CharacteristicsTypes.CONFIGURED_NAME
                        )
                        or value_of(service, CharacteristicsTypes.NAME),
                        "type": SERVICES.get(service["type"], service["type"]),
                    }
    return places


async def main():
    loop = asyncio.get_running_loop()
    wish = json.loads(await loop.run_in_executor(None, sys.stdin.readline))
    pairing = await pair(wish["port"], wish["pin"])
    accessories = await pairing.list_accessories_and_characteristics()
    say({"accessories": [described(accessory) for accessory in accessories]})
    places = heard_of(accessories)
    pairing.dispatcher_connect(
        lambda changes: [
            say({**places[key], "value": change["value"]})
            for key, change in changes.items()
            if key in places and "value" in change
        ]
    )
    await pairing.subscribe(places.keys())
    states = [key for key, place in places.items() if place["type"] == "occupancy_sensor"]
    if states:
        for key, change in (await pairing.get_characteristics(states)).items():
            say({**places[key], "value": change["value"]})
    say({"listening": True})
    await loop.run_in_executor(None, sys.stdin.read)
    await pairing.close()


asyncio.run(main())

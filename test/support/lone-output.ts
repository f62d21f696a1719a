import type { ActionSettings } from '../../src/outputs/home-assistant/actions/actions.ts';
import type { HomeAssistantOptions } from '../../src/outputs/home-assistant/home-assistant-output.ts';

/** What the output to Home Assistant needs of the rest of the bridge where there is none: nothing is ordered, and nothing created. */
export function loneOutput(bridge: string, actions: Partial<ActionSettings> = {}) {
  const version = '1.2.3';
  return {
    actions: {
      commands: new Map(),
      bridge,
      creation: 'off',
      money: 'administrators',
      decision: () => 'not_asked',
      readers: () => 'administrators',
      ...actions,
    },
    dashboard: { bridge, version, readFile: async () => null, order: () => null, settle: () => {} },
    blueprints: {
      version,
      blueprints: () => [],
      isQuiet: () => true,
      orders: () => new Map(),
      settle: () => {},
    },
    watches: () => true,
    memory: { get: () => null, set: () => {} },
    echoTopic: 'monzo/bridge/request/echo',
    pageUrl: () => 'http://bridge.local:8099',
    statesSettled: async () => {},
    names: { pot: () => null, category: (category) => category },
    outageAfter: 1_200_000,
  } satisfies Partial<HomeAssistantOptions>;
}

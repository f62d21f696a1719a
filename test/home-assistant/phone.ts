import { z } from 'zod';
import { eventually } from './processes.ts';
import type { Rig } from './rig.ts';

/** What Home Assistant's app is told to show. */
export type Pushed = z.output<typeof pushedSchema>;

/** A phone with Home Assistant's app: it needs the integration `mobile_app`. */
export interface Phone {
  /** Home Assistant's id of its device. */
  readonly device: string;
  readonly pushed: readonly Pushed[];
  /** Taps a button of a notification, as the app says it to Home Assistant. */
  tap(action: string): Promise<void>;
}

const pushedSchema = z.object({
  title: z.string().optional(),
  message: z.string(),
  data: z
    .object({
      tag: z.string().optional(),
      actions: z.array(z.object({ action: z.string(), title: z.string() })).default([]),
    })
    .optional(),
});

/** Registers one as the app does, and listens as it does at home. */
export async function addPhone({ client }: Rig): Promise<Phone> {
  const { webhook_id: webhookId } = await client.rest(
    {
      method: 'POST',
      path: '/api/mobile_app/registrations',
      body: {
        device_id: 'phone-1',
        app_id: 'io.example.app',
        app_name: 'Example',
        app_version: '1.0',
        device_name: 'Phone',
        manufacturer: 'Example',
        model: 'One',
        os_name: 'Android',
        os_version: '16',
        supports_encryption: false,
        app_data: { push_websocket_channel: true },
      },
    },
    z.object({ webhook_id: z.string() }),
  );
  const device = await eventually('the phone', async () =>
    (await client.devices()).find(({ name }) => name === 'Phone'),
  );
  const pushed: Pushed[] = [];
  const channel = { type: 'mobile_app/push_notification_channel', webhook_id: webhookId };
  await client.subscribe(channel, pushedSchema, (message) => pushed.push(message));
  return {
    device: device.id,
    pushed,
    tap: async (action) => {
      const data = { event_type: 'mobile_app_notification_action', event_data: { action } };
      const body = { type: 'fire_event', data };
      await client.rest({ method: 'POST', path: `/api/webhook/${webhookId}`, body }, z.unknown());
    },
  };
}

import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { furtherPackages } from './further-packages.ts';
import { installHomeAssistant } from './install.ts';

const serviceSchema = z.object({ type: z.string(), name: z.string().nullable() });
const accessorySchema = z.object({ name: z.string(), services: z.array(serviceSchema) });
const changeSchema = z.object({
  accessory: z.string(),
  service: z.string().nullable(),
  type: z.string(),
  value: z.number().nullable(),
});
const messageSchema = z.union([
  z.object({ accessories: z.array(accessorySchema) }),
  z.object({ listening: z.literal(true) }),
  changeSchema,
]);

/** What a HomeKit bridge shows as one thing, such as all switches of one device. */
export type Accessory = z.output<typeof accessorySchema>;
/** A pressed switch, or the state of a sensor. */
export type Change = z.output<typeof changeSchema>;

/** A HomeKit client that has paired with a bridge, as an iPhone does. */
export interface HomeKitClient extends AsyncDisposable {
  readonly accessories: readonly Accessory[];
  /** All that was heard, the first states of the sensors included, in order. */
  readonly heard: readonly Change[];
}

/** Pairs with the HomeKit bridge on a port of this machine. Throws, with what the client said, where that fails. */
export async function pairHomeKit(port: number, pin: string): Promise<HomeKitClient> {
  const installation = await installHomeAssistant();
  const environment = await furtherPackages(installation, ['homekit_controller']);
  const program = await readFile(new URL('homekit_client.py', import.meta.url), 'utf8');
  const { file, args } = installation.python(['-c', program], environment);
  const child = spawn(file, args);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const complaints: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text));
  child.stdin.write(`${JSON.stringify({ port, pin })}\n`);
  const accessories: Accessory[] = [];
  const heard: Change[] = [];
  const listening = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = messageSchema.parse(JSON.parse(line));
    if ('accessories' in message) accessories.push(...message.accessories);
    else if ('listening' in message) listening.resolve();
    else heard.push(message);
  });
  const gaveUp = ended.then((code) => {
    throw new Error(`The HomeKit client ended with ${code}:\n${complaints.join('')}`);
  });
  gaveUp.catch(() => undefined);
  await Promise.race([listening.promise, gaveUp]);
  return {
    accessories,
    heard,
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

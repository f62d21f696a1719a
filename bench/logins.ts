import { createBank } from '../sim/bank.ts';
import { connectPerson } from '../sim/demo/connect.ts';
import { seededRandom } from '../sim/fake-clock.ts';
import { createWorld } from '../test/support/world.ts';
import { count, memoryInUse, ms, print, timed } from './measure.ts';

/** A thousand logins in one process, for an hour of the fake clock. */
export async function benchThousandLogins(): Promise<void> {
  const people = Array.from({ length: 1_000 }, (_, number) => ({
    name: `Person ${number}`,
    userId: `user_${number}`,
    clientId: `oauth2client_${number}`,
    clientSecret: `mnzconf.secret-of-person-${number}`,
  }));
  await using world = await createWorld({
    bank: (now) => {
      const bank = createBank({ now, random: seededRandom(9) });
      for (const { name, userId, clientId, clientSecret } of people) {
        bank.addPerson({ id: userId, name });
        bank.addClient({ id: clientId, secret: clientSecret, collaborators: [userId] });
        bank.openAccount({ type: 'uk_retail', owners: [userId], balance: 10_000 });
      }
      return bank;
    },
  });
  const connecting = await timed(async () => {
    for (const person of people) await connectPerson(world.bank, world.app(), person);
    await world.until('all are active', () =>
      world
        .app()
        .view()
        .logins.every(({ state }) => state === 'active'),
    );
  });
  const calls = world.bank.calls.length;
  const living = await timed(() => world.clock.advance(3_600_000));
  print('1,000 logins: connecting all of them', ms(connecting));
  print(
    '1,000 logins: processor time for an hour of polling',
    `${ms(living)}, ${count(world.bank.calls.length - calls)} calls`,
  );
  print('1,000 logins: memory', `${count(memoryInUse().resident)} MB resident`);
}

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { serviceSteps } from '../../src/cli/service-verb.ts';
import { exitCodeForPerson } from '../../src/errors.ts';
import { until } from '../support/until.ts';
import { startMachine, type Machine } from './machine.ts';

/** Where the service's settings are. */
const settings = '/var/lib/monzo-bridge/.env';

/** Declares the tests that the packed program passes as a service of a real systemd, installed as the README says. */
export function serviceTests(directory: string, tarball: () => string): void {
  describe('as a service of systemd', { timeout: 300_000 }, () => {
    let machine: Machine;
    const restart = () => machine.sh('systemctl restart monzo-bridge || true');
    // Never 0, which `kill` takes for everything that belongs to the test.
    const pid = () => Number(machine.service()['MainPID']) || assert.fail('the service does not run');
    before(async () => {
      mkdirSync(directory);
      machine = await startMachine(directory, tarball());
      machine.sh('npm_config_offline=true npm install --global ./package.tgz');
      // Ten seconds in the unit; what is tested is whether, not when.
      const quicker = '/etc/systemd/system/monzo-bridge.service.d';
      machine.sh(`mkdir -p ${quicker} && printf '[Service]\\nRestartSec=100ms\\n' > ${quicker}/quicker.conf`);
    });
    after(() => machine.stop());

    it('starts by the steps that are written, and signs a browser in', () => {
      const said = serviceSteps.map((step) => machine.sh(step));
      assert.match(said.at(-1) ?? '', /^http:\/\/127\.0\.0\.1:8099\/#code=\S+\n/);
      const { ActiveState, UnitFileState, User } = machine.service();
      assert.deepEqual([ActiveState, UnitFileState, User], ['active', 'enabled', 'monzo-bridge']);
    });

    it('is a user of its own, closed off as the unit says, and its data are its own', () => {
      const status = machine.sh(`cat /proc/${pid()}/status`);
      const valueOf = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1];
      assert.equal(valueOf('Uid'), machine.sh('id -u monzo-bridge').trim());
      assert.deepEqual(['NoNewPrivs', 'Seccomp', 'CapEff', 'CapBnd'].map(valueOf), [
        '1',
        '2',
        '0000000000000000',
        '0000000000000000',
      ]);
      const stat = (path: string) => machine.sh(`stat --format '%U %a' ${path}`).trim();
      assert.equal(stat('/var/lib/monzo-bridge'), 'monzo-bridge 700');
      assert.equal(stat('/var/lib/monzo-bridge/data/secret-key'), 'monzo-bridge 600');
      const inside = (lines: string) =>
        machine.sh(`nsenter --target ${pid()} --mount sh -c '${lines}' 2>&1 || true`);
      assert.match(inside('touch /usr/of-the-bridge'), /Read-only file system/);
      assert.equal(inside('ls -A /home /root 2>/dev/null').replaceAll(/\s|\/home:|\/root:/g, ''), '');
    });

    it('is started again after it was killed', async () => {
      const killed = pid();
      machine.sh(`kill -KILL ${killed}`);
      await until('another one runs', () => {
        const { MainPID, ActiveState } = machine.service();
        return ActiveState === 'active' && MainPID !== String(killed);
      });
      machine.sh(serviceSteps.at(-1) ?? '');
    });

    it('stays stopped after a wrong setting, and says which it is', async () => {
      machine.sh(`echo MONZO_BRIDGE_UI_PORT=eighty | sudo -u monzo-bridge tee ${settings}`);
      restart();
      await until('it has ended', () => Number(machine.service()['ExecMainStatus']) === exitCodeForPerson);
      // Where systemd is going to try again, it is "activating".
      await until('systemd knows', () => machine.service()['ActiveState'] !== 'active');
      assert.deepEqual(
        [machine.service()['ActiveState'], machine.service()['SubState']],
        ['failed', 'failed'],
      );
      assert.match(
        machine.sh('journalctl --unit monzo-bridge'),
        /MONZO_BRIDGE_UI_PORT must be a port number/,
      );
    });

    it('starts with the corrected setting, and ends well when it is stopped', () => {
      machine.sh(`echo MONZO_BRIDGE_UI_PORT=8100 | sudo -u monzo-bridge tee ${settings}`);
      restart();
      assert.match(machine.sh(serviceSteps.at(-1) ?? ''), /^http:\/\/127\.0\.0\.1:8100\//);
      machine.sh('systemctl stop monzo-bridge');
      const { ActiveState, Result } = machine.service();
      assert.deepEqual([ActiveState, Result], ['inactive', 'success']);
    });
  });
}

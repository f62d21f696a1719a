import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { startTestBroker } from '../support/broker.ts';
import { startBridge, temporaryDirectory } from '../support/process.ts';
import { until } from '../support/until.ts';
import { createWorld } from '../support/world.ts';

/** A certificate for `localhost` that nobody vouches for. */
function selfSigned(t: TestContext) {
  const directory = temporaryDirectory(t);
  const [key, path] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const named = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', [...made, '-keyout', key, '-out', path, ...named], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(path), path };
}

test('what is wrong with a broker’s certificate, scheme or port has its words, and an own authority is trusted', async (t) => {
  await using broker = await startTestBroker();
  const plain = Number(new URL(broker.url).port);
  const certificate = selfSigned(t);
  const proxy = createServer(certificate, (socket) => {
    const behind = connect(plain, '127.0.0.1');
    socket.pipe(behind).pipe(socket);
    for (const end of [socket, behind]) end.on('error', () => end.destroy());
    t.after(() => socket.destroy());
  });
  proxy.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => proxy.listen(0, resolve));
  t.after(() => proxy.close());
  const { port } = proxy.address() as AddressInfo;

  const told = async (url: string): Promise<string> => {
    await using world = await createWorld({ settings: { MONZO_BRIDGE_MQTT_URL: url } });
    const mqtt = () =>
      world
        .app()
        .health()
        .find(({ part }) => part === 'mqtt');
    await world.until('it fails', () => !(mqtt()?.sentence ?? 'Not yet').startsWith('Not yet'));
    return mqtt()?.sentence ?? '';
  };
  assert.match(
    await told(`mqtts://localhost:${port}`),
    /is not trusted: set MONZO_BRIDGE_CA_CERTIFICATES_FILE/,
  );
  assert.match(
    await told(`mqtts://127.0.0.1:${plain}`),
    /does not speak TLS on this port.*mqtt:\/\/ with port 1883/,
  );
  assert.match(
    await told(`mqtt://127.0.0.1:${port}`),
    /Where it expects TLS, the address begins with mqtts:\/\//,
  );

  const known = getCACertificates('default');
  t.after(() => setDefaultCACertificates(known));
  setDefaultCACertificates([...known, certificate.cert.toString()]);
  assert.match(
    await told(`mqtts://127.0.0.1:${port}`),
    /certificate .* names another host: use one that it names/,
  );

  const settings = { MONZO_BRIDGE_MQTT_URL: `mqtts://localhost:${port}` };
  const given = { ...settings, MONZO_BRIDGE_CA_CERTIFICATES_FILE: certificate.path };
  const bridge = startBridge(t, temporaryDirectory(t), given);
  await until('it is connected', () => broker.retained('monzo/bridge/state') === '{"state":"online"}');
  bridge.child.kill('SIGTERM');
  assert.equal(await bridge.ended, 0);
});

import { BridgeError } from '../../errors.ts';

/** A broker's address, taken apart, so that its password is in one place and never in a sentence. */
export interface BrokerAddress {
  readonly protocol: 'mqtt' | 'mqtts';
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  /** For logs and people: scheme, host and port. */
  readonly shown: string;
}

const defaultPorts = { mqtt: 1883, mqtts: 8883 } as const;

/** Reads `mqtt://` or `mqtts://user:password@host:port`. Throws `mqtt_url` without repeating what was given. */
export function parseBrokerUrl(text: string): BrokerAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  const protocol = url?.protocol.slice(0, -1);
  if (!url || (protocol !== 'mqtt' && protocol !== 'mqtts') || url.hostname === '')
    throw new BridgeError(
      'mqtt_url',
      'The address of the MQTT broker must look like mqtt://user:password@host:1883, or mqtts:// with TLS.',
      { needsPerson: true },
    );
  const port = url.port === '' ? defaultPorts[protocol] : Number(url.port);
  return {
    protocol,
    host: url.hostname.replaceAll(/^\[|\]$/g, ''),
    port,
    ...(url.username === '' ? {} : { username: decoded(url.username) }),
    ...(url.password === '' ? {} : { password: decoded(url.password) }),
    shown: `${protocol}://${url.hostname}:${port}`,
  };
}

/** A password typed without escaping may contain a bare percent sign: then it is meant as it stands. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

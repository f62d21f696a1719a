import { createRequire } from 'node:module';

/** What Mosquitto answers to a message above its `message_size_limit`. */
export const packetTooLarge = 0x95;

/**
 * MQTT keeps this reason for ending a connection, so the library's parser takes it for a broken packet where it
 * acknowledges a message: it throws away all that came with it, and nobody hears of the message again. Where the parser
 * keeps its table elsewhere nothing is changed, and a connection on which that happens has to end.
 */
export function readTooLarge(): void {
  try {
    const ofMqtt = createRequire(import.meta.resolve('mqtt'));
    const { MQTT5_PUBACK_PUBREC_CODES: known } = ofMqtt('mqtt-packet/constants') as ParserConstants;
    if (known) known[packetTooLarge] = 'Packet too large';
  } catch {
    // Another version of the library.
  }
}

interface ParserConstants {
  readonly MQTT5_PUBACK_PUBREC_CODES?: Record<number, string>;
}

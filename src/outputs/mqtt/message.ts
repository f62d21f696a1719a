export interface OutgoingMessage {
  readonly topic: string;
  /** The empty text clears what is retained. */
  readonly payload: string;
  readonly retain: boolean;
  /** MQTT 5 only: belongs to a request. */
  readonly correlationData?: Uint8Array;
}

export interface IncomingMessage {
  readonly topic: string;
  readonly payload: string;
  /** True for the broker's stored copy, and for live ones where retain-as-published was asked for. */
  readonly retain: boolean;
  /** MQTT 5 only. */
  readonly responseTopic?: string;
  /** MQTT 5 only: for how many seconds it is still meant; nothing where its sender set no end. */
  readonly expiresIn?: number;
  readonly correlationData?: Uint8Array;
}

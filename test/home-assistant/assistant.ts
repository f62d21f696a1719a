import { z } from 'zod';

const toolSchema = z.object({
  name: z.string(),
  annotations: z.looseObject({ destructiveHint: z.boolean().nullish() }).nullish(),
});
const listSchema = z.object({ tools: z.array(toolSchema) });
const resultSchema = z.object({
  isError: z.boolean().default(false),
  content: z.array(z.object({ text: z.string() })),
});
const answerSchema = z.object({ result: z.unknown(), error: z.unknown() }).partial();

interface Endpoint {
  readonly url: string;
  /** Of the user in Home Assistant whose assistant it is. */
  readonly token: string;
  /** All that Home Assistant's settings allow where left out; else one of its APIs, such as `assist`. */
  readonly api?: string;
}

/** A program that uses Home Assistant through its MCP server, as an assistant does. */
export interface Assistant {
  tools(): Promise<readonly string[]>;
  /** Calls the tool whose name ends so; what it answered, as text. */
  use(name: string, tool: Readonly<Record<string, unknown>>): Promise<string>;
  /** The HTTP status of the list of tools. */
  status(): Promise<number>;
}

/** Speaks the Model Context Protocol with Home Assistant, one request at a time. */
export function assistantOf({ url, token, api }: Endpoint): Assistant {
  const ask = (method: string, params: unknown = {}) =>
    fetch(`${url}/api/mcp${api === undefined ? '' : `/${api}`}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
  const result = async (method: string, params?: unknown) => {
    const response = await ask(method, params);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} was answered ${response.status}: ${text}`);
    const { result: found, error } = answerSchema.parse(JSON.parse(text));
    if (found === undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return found;
  };
  const tools = async () => listSchema.parse(await result('tools/list')).tools.map(({ name }) => name);
  return {
    tools,
    status: async () => (await ask('tools/list')).status,
    use: async (end, args) => {
      const name = (await tools()).find((one) => one.endsWith(end));
      if (name === undefined) throw new Error(`There is no tool ${end}.`);
      const { content } = resultSchema.parse(await result('tools/call', { name, arguments: args }));
      return content.map(({ text }) => text).join('\n');
    },
  };
}

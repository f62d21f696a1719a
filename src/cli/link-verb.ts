import { z } from 'zod';
import type { Command } from 'commander';
import { show, type Session } from './session.ts';
import { printable } from './terminal.ts';

type Run = (act: (session: Session) => Promise<void>) => Promise<void>;

const linkSchema = z.object({ url: z.string() });

/** `monzo-bridge link`: a way into the page for a browser that has none. */
export function addLinkVerb(program: Command, run: Run): void {
  program
    .command('link')
    .description('print a link that signs one browser in to the page, once, within ten minutes')
    .action(() =>
      run(async (session) => {
        const text = await session.client.text({ method: 'POST', path: '/api/session/link' });
        show(session, text, () => printable(linkSchema.parse(JSON.parse(text)).url));
      }),
    );
}

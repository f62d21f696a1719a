import { loginFaultTables } from './login-faults.ts';
import { refusalParts } from './refusals.ts';
import { withParts } from './written-parts.ts';

/** The page for people in trouble: the sentences of logins and of refusals are written from the code. */
export function troubleshootingPage(): string {
  return withParts('docs/troubleshooting.md', [
    ['src/logins/fault-table.ts', loginFaultTables],
    ...refusalParts,
  ]);
}

import type { World } from './world.ts';

/** Waits until each login has read all of the past that Monzo shows. */
export function untilHistoryIsRead(world: Pick<World, 'app' | 'until'>): Promise<void> {
  const isRead = () =>
    world
      .app()
      .view()
      .logins.every(({ history }) => history.state === 'complete');
  return world.until('the history is read', isRead);
}

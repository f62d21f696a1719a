/** Somebody with an account in the simulated Home Assistant. */
export interface FakeUser {
  readonly name: string;
  readonly isAdministrator: boolean;
  readonly isOwner?: boolean;
  readonly isActive?: boolean;
}

/** As Home Assistant lists them, to administrators only. */
export function userList(users: ReadonlyMap<string, FakeUser>) {
  return [...users].map(([id, { name, isAdministrator, isOwner = false, isActive = true }]) => ({
    id,
    username: name.toLowerCase(),
    name,
    is_owner: isOwner,
    is_active: isActive,
    local_only: false,
    system_generated: false,
    group_ids: [isAdministrator ? 'system-admin' : 'system-users'],
  }));
}

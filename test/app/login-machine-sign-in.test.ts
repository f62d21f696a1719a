import { walkEveryFault } from '../support/login-walk.ts';

walkEveryFault('sign_in');

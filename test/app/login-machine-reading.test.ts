import { walkEveryFault } from '../support/login-walk.ts';

walkEveryFault('reading');

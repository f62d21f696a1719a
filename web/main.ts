// What several pages look like comes in one file: each further one would be waited for.
import './styles/theme.css';
import './styles/money.css';
import './styles/table.css';
import './styles/choices.css';
import './app.ts';

import { useState } from 'preact/hooks';
import { token } from './api.js';

export function SignIn({ problem, done }) {
  const [value, setValue] = useState('');
  const submit = (event) => {
    event.preventDefault();
    if (!value.trim()) return;
    token.set(value.trim());
    done();
  };
  return (
    <main class="narrow">
      <h1>Sign in</h1>
      <p>This control room asks for a token. It is kept until this tab is closed.</p>
      {problem && (
        <p class="problem" role="alert">
          {problem.message} <code>{problem.code}</code>
        </p>
      )}
      <form onSubmit={submit}>
        <label>
          Token
          <input type="password" autocomplete="off" required value={value} onInput={(e) => setValue(e.currentTarget.value)} />
        </label>
        <button type="submit">Sign in</button>
      </form>
    </main>
  );
}

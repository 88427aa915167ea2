// Ed25519 (RFC 8032, 5.1.7) for browsers whose WebCrypto has none. It only verifies, so nothing
// that it computes with is secret, and time may tell what it likes. The equation is the one
// without the cofactor, R compared as bytes; S and keys that are not reduced are refused.
const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (value, by = P) => ((value % by) + by) % by;
const power = (base, exponent) => {
  let [result, square] = [1n, mod(base)];
  for (let rest = exponent; rest; rest >>= 1n) {
    if (rest & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
};
const D = mod(-121665n * power(121666n, P - 2n));
const ROOT = power(2n, (P - 1n) / 4n); // of -1
const little = (raw) => raw.reduceRight((sum, each) => (sum << 8n) | BigInt(each), 0n);

function point(raw) { // extended coordinates, or null
  const value = little(raw);
  const y = value & (2n ** 255n - 1n);
  if (y >= P) return null;
  const [u, v] = [mod(y * y - 1n), mod(D * y * y + 1n)];
  let x = mod(u * v ** 3n * power(u * v ** 7n, (P - 5n) / 8n));
  if (mod(v * x * x - u) !== 0n) x = mod(x * ROOT);
  if (mod(v * x * x - u) !== 0n || (x === 0n && value >> 255n)) return null;
  if ((x & 1n) !== value >> 255n) x = mod(-x);
  return [x, y, 1n, mod(x * y)];
}

function add([a, b, c, d], [e, f, g, h]) { // RFC 8032, 5.1.4
  const [m, n] = [mod((b - a) * (f - e)), mod((b + a) * (f + e))];
  const [s, t] = [mod(2n * d * h * D), mod(2n * c * g)];
  const [w, x, y, z] = [n - m, t - s, t + s, n + m];
  return [mod(w * x), mod(y * z), mod(x * y), mod(w * z)];
}

function times(scalar, base) {
  let [sum, square] = [[0n, 1n, 1n, 0n], base];
  for (let rest = scalar; rest; rest >>= 1n) {
    if (rest & 1n) sum = add(sum, square);
    square = add(square, square);
  }
  return sum;
}

function written([x, y, z]) {
  const inverse = power(z, P - 2n);
  let value = mod(y * inverse) | ((mod(x * inverse) & 1n) << 255n);
  return Uint8Array.from({ length: 32 }, () => { const low = Number(value & 255n); value >>= 8n; return low; });
}

async function ownEd25519(key, signature, message) {
  const base = point(Uint8Array.from([0x58, ...Array(31).fill(0x66)]));
  const known = point(key);
  const s = little(signature.slice(32));
  if (!known || s >= L || mod(times(8n, known)[0]) === 0n) return false; // of small order: no key
  const r = signature.slice(0, 32);
  const digest = new Uint8Array(await subtle.digest("SHA-512", concat(r, key, message)));
  const [x, y, z, t] = times(mod(little(digest), L), known);
  return same(written(add(times(s, base), [mod(-x), y, z, mod(-t)])), r);
}

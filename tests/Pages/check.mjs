// Opens pages of `transfuse report` in headless Chromium: what is seen is what was measured, nothing is fetched, nothing is logged, and axe finds no serious fault.
// Usage: node check.mjs COMMAND [SCREENSHOTS]     COMMAND is the published command; CHROMIUM names the browser (default: /usr/bin/chromium)
import { chromium } from 'playwright-core';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, cpSync, writeFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [command, screenshots] = process.argv.slice(2);
const fixtures = join(dirname(fileURLToPath(import.meta.url)), '..', 'fixtures');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const work = mkdtempSync(join(tmpdir(), 'transfuse-pages.'));

// A folder whose names try to be markup.
const hostile = join(work, '<img src=x onerror=alert(1)>');
cpSync(join(fixtures, 'llama_qv', 'peft'), hostile, { recursive: true });
const config = JSON.parse(readFileSync(join(hostile, 'adapter_config.json'), 'utf8'));
writeFileSync(join(hostile, 'adapter_config.json'), JSON.stringify({ ...config, base_model_name_or_path: '"><script>alert(1)</script>' }));

const kinds = {
  one: { inputs: [join(fixtures, 'llama_all_linear', 'peft')], base: join(fixtures, 'bases', 'llama'), maps: ['relative', 'norm', 'effective-rank', 'scale'] },
  experts: { inputs: [join(fixtures, 'qwen3_moe_params', 'peft')], base: join(fixtures, 'bases', 'qwen3_moe'), maps: ['norm', 'effective-rank', 'scale'] },
  dora: { inputs: [join(fixtures, 'llama_dora', 'peft')], maps: ['norm', 'effective-rank', 'scale'] },
  two: { inputs: [join(fixtures, 'llama_all_linear', 'peft'), join(fixtures, 'llama_qv', 'peft')], maps: ['norm', 'effective-rank', 'scale', 'difference'] },
  hostile: { inputs: [hostile], maps: ['norm'] },
};

const near = (left, right) => left === right || Math.abs(left - right) <= 1e-12 * Math.abs(right);
const failures = [];
let passed = 0;
const check = (name, holds, detail = '') => { if (holds) passed++; else failures.push(`${name} ${detail}`); };

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
for (const [kind, { inputs, base, maps }] of Object.entries(kinds)) {
  const file = join(work, `${kind}.html`);
  const json = JSON.parse(execFileSync(command, ['report', ...inputs, ...(base ? ['--base', base] : []), '--output', file, '--json'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  for (const colorScheme of ['light', 'dark']) {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1300, height: 1000 } });
    const messages = [], requests = [];
    page.on('console', message => messages.push(message.text()));
    page.on('pageerror', error => messages.push(`${error}`));
    page.on('dialog', dialog => { messages.push(`dialog ${dialog.message()}`); dialog.dismiss(); });
    page.on('request', request => requests.push(request.url()));
    await page.goto(`file://${encodeURI(file).replaceAll('#', '%23')}`);
    const name = `${kind}, ${colorScheme}:`;
    check(`${name} console`, messages.length === 0, messages.join('; '));
    check(`${name} requests`, requests.length === 1, requests.join(' '));

    const seen = await page.$$eval('section', sections => sections.map(section => ({
      cells: [...section.querySelectorAll('td[data-path]')].map(cell => ({
        map: cell.closest('table').dataset.map, path: cell.dataset.path, value: Number(cell.dataset.value), text: Number(cell.innerText),
      })),
      spectra: [...section.querySelectorAll('svg[data-path]')].map(svg => ({
        path: svg.dataset.path, values: svg.dataset.values.split(' ').map(Number), bars: svg.querySelectorAll('rect').length,
      })),
    })));
    json.inputs.forEach((input, at) => {
      const modules = Object.fromEntries(input.modules.map(module => [module.path, module]));
      const wanted = { norm: m => m.norm, scale: m => m.scale, 'effective-rank': m => m.effective_rank, relative: m => m.norm / m.weight_norm };
      for (const map of maps.filter(map => wanted[map])) {
        const cells = seen[at].cells.filter(cell => cell.map === map);
        const measured = input.modules.filter(module => map !== 'relative' || module.weight_norm !== null);
        check(`${name} ${map} shows every module`, cells.length === measured.length && cells.length > 0, `${cells.length} of ${measured.length}`);
        check(`${name} ${map} has the values`, cells.every(cell => near(cell.value, wanted[map](modules[cell.path]))));
        check(`${name} ${map} can be read`, cells.every(cell => Math.abs(cell.text - cell.value) <= 0.006 * Math.abs(cell.value)), JSON.stringify(cells.find(cell => !(Math.abs(cell.text - cell.value) <= 0.006 * Math.abs(cell.value)))));
      }
      const spectra = input.modules.filter(module => module.singular_values.length > 0);
      check(`${name} spectra`, seen[at].spectra.length === spectra.length && seen[at].spectra.every(chart =>
        chart.bars === modules[chart.path].rank && chart.values.every((value, i) => near(value, modules[chart.path].singular_values[i]))));
    });
    if (maps.includes('difference')) check(`${name} differences`, seen.at(-1).cells.some(cell => cell.map === 'difference' && cell.value > 0));

    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run());
    const serious = violations.filter(violation => ['serious', 'critical'].includes(violation.impact));
    check(`${name} axe`, serious.length === 0, serious.map(violation => `${violation.id}: ${violation.nodes[0].html}`).join('; '));
    if (screenshots) {
      mkdirSync(screenshots, { recursive: true });
      await page.screenshot({ path: join(screenshots, `${kind}-${colorScheme}.png`), fullPage: true });
    }
    await page.close();
  }
}

await browser.close();
rmSync(work, { recursive: true });
failures.forEach(failure => console.log(`failed ${failure}`));
console.log(`pages: ${passed} checks passed, ${failures.length} failed`);
process.exit(failures.length === 0 ? 0 : 1);

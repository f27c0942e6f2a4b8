// The package as users get it: packed, installed into an empty folder without a network, loaded in every way, bundled, and
// split by platform for publishing.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { REPOSITORY } from './repository.mjs'

const require = createRequire(import.meta.url)
const PACKAGE = fileURLToPath(new URL('loyalty-node/', REPOSITORY))
const MODULES = join(PACKAGE, 'node_modules')
const manifest = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'))
const esbuild = require(join(MODULES, 'esbuild'))

const binaries = readdirSync(PACKAGE).filter((name) => name.endsWith('.node'))
const [BINARY] = binaries
const PLATFORM = BINARY?.split('.')[1]
const PLATFORMS = {
  'linux-x64-gnu': { os: ['linux'], cpu: ['x64'], libc: ['glibc'] },
  'linux-arm64-gnu': { os: ['linux'], cpu: ['arm64'], libc: ['glibc'] },
  'linux-x64-musl': { os: ['linux'], cpu: ['x64'], libc: ['musl'] },
  'linux-arm64-musl': { os: ['linux'], cpu: ['arm64'], libc: ['musl'] },
  'darwin-x64': { os: ['darwin'], cpu: ['x64'] },
  'darwin-arm64': { os: ['darwin'], cpu: ['arm64'] },
  'win32-x64-msvc': { os: ['win32'], cpu: ['x64'] },
  'win32-arm64-msvc': { os: ['win32'], cpu: ['arm64'] },
}
const LICENCES = ['LICENSE-MIT', 'LICENSE-APACHE']

// What every form of the package must do, and prints.
const USE = `const { inertia } = KMeans.fitSync([[1, 20], [2, 22], [9, 70], [8, 74]], { nClusters: 2, seed: 7 })
  console.log(inertia, clv.lifespan(0.25))`
const PRINTED = '11 4\n'

let folder
let installed
let tarball
let packed

function run(program, args, cwd, env = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, npm_config_update_notifier: 'false', ...env },
  })
  assert.ifError(error)
  return { status, stdout, stderr }
}

/** The output of a program that must not fail. */
function output(...args) {
  const { status, stdout, stderr } = run(...args)
  assert.equal(status, 0, stdout + stderr)
  return stdout
}

const node = (cwd, ...args) => output(process.execPath, args, cwd)
const npm = (cwd, ...args) => output('npm', args, cwd)

/** What `npm pack` makes of a folder. */
function pack(cwd, to) {
  const [{ filename, files }] = JSON.parse(npm(cwd, 'pack', '--json', '--ignore-scripts', '--pack-destination', to))
  return { path: join(to, filename), files: files.map(({ path }) => path).sort() }
}

/** An empty folder with these tarballs installed. */
function install(name, ...tarballs) {
  const at = join(folder, name)
  mkdirSync(at)
  writeFileSync(join(at, 'package.json'), '{ "private": true }')
  npm(at, 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', ...tarballs)
  return at
}

before(() => {
  assert.equal(binaries.length, 1, 'one binary, of this platform: npm run build')
  folder = mkdtempSync(join(tmpdir(), 'loyalty-package-'))
  ;({ path: tarball, files: packed } = pack(PACKAGE, folder))
  installed = install('installed', tarball)
})

after(() => rmSync(folder, { recursive: true, force: true }))

describe('the tarball', () => {
  test('holds what it needs and nothing else', (t) => {
    const files = manifest.files.map((name) => (name === '*.node' ? BINARY : name))
    assert.deepEqual(packed, [...files, 'README.md', 'package.json'].sort())
    assert.ok(packed.every((name) => !/(^|\/)(src|test|node_modules|target|examples)\/|\.rs$|\.mjs$/.test(name)))
    t.diagnostic(`${packed.length} files`)
  })

  test('holds the licences of the repository', () => {
    // Links would not be packed.
    for (const name of LICENCES) {
      const text = readFileSync(new URL(name, REPOSITORY), 'utf8')
      assert.equal(readFileSync(join(installed, 'node_modules/loyalty', name), 'utf8'), text)
    }
  })

  test('runs nothing when it is installed, and needs nothing at run time', () => {
    const { scripts, dependencies, peerDependencies, bundleDependencies, gypfile } = JSON.parse(
      readFileSync(join(installed, 'node_modules/loyalty/package.json'), 'utf8'),
    )
    const atInstall = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare']
    for (const name of atInstall) assert.equal(scripts[name], undefined, name)
    assert.deepEqual([dependencies, peerDependencies, bundleDependencies, gypfile], Array(4).fill(undefined))
    assert.ok(!packed.includes('binding.gyp'))
    assert.deepEqual(readdirSync(join(installed, 'node_modules')).filter((name) => name[0] !== '.'), ['loyalty'])
  })
})

describe('installed', () => {
  const evaluated = (kind, code) => node(installed, `--input-type=${kind}`, '--no-warnings', '--eval', code)

  test('by require', () => {
    assert.equal(evaluated('commonjs', `const { KMeans, clv } = require('loyalty'); ${USE}`), PRINTED)
  })

  test('by import, of names, of all and of the default', () => {
    assert.equal(evaluated('module', `import { KMeans, clv } from 'loyalty'; ${USE}`), PRINTED)
    assert.equal(evaluated('module', `import loyalty from 'loyalty'; const { KMeans, clv } = loyalty; ${USE}`), PRINTED)
    assert.equal(evaluated('module', `const { KMeans, clv } = await import('loyalty'); ${USE}`), PRINTED)
    assert.equal(evaluated('commonjs', `import('loyalty').then(({ KMeans, clv }) => { ${USE} })`), PRINTED)
  })

  test('every export has its name in ES modules, and is the same in both kinds of module', () => {
    const code = `import * as all from 'loyalty'
      import { createRequire } from 'node:module'
      const required = createRequire(import.meta.url)('loyalty')
      const names = Object.keys(required).filter((name) => !name.startsWith('__'))
      console.log(names.length, names.every((name) => all[name] === required[name]), all.default === required)`
    const [count, ...same] = evaluated('module', code).trim().split(' ')
    assert.deepEqual(same, ['true', 'true'])
    assert.ok(Number(count) >= 10)
  })

  test('package.json is there, other files are not', () => {
    const json = `import manifest from 'loyalty/package.json' with { type: 'json' }; console.log(manifest.version)`
    assert.equal(evaluated('module', json), `${manifest.version}\n`)
    assert.equal(evaluated('commonjs', `console.log(require('loyalty/package.json').version)`), `${manifest.version}\n`)
    const inside = `import('loyalty/native.js').catch(({ code }) => console.log(code))`
    assert.equal(evaluated('module', inside), 'ERR_PACKAGE_PATH_NOT_EXPORTED\n')
  })

  test('the types resolve, for Node and for bundlers', () => {
    const at = join(installed, 'typed')
    cpSync(fileURLToPath(new URL('types/', import.meta.url)), at, { recursive: true })
    const tsc = (...args) =>
      node(at, join(MODULES, 'typescript/bin/tsc'), '-p', '.', '--typeRoots', join(MODULES, '@types'), ...args)
    assert.match(tsc('--listFilesOnly'), /installed\/node_modules\/loyalty\/index\.d\.ts/)
    tsc()
    // There is no CommonJS module for a bundler.
    rmSync(join(at, 'example.cts'))
    tsc('--module', 'esnext', '--moduleResolution', 'bundler')
  })
})

describe('the examples of the README', () => {
  const text = readFileSync(join(PACKAGE, 'README.md'), 'utf8')
  const examples = Array.from(text.matchAll(/^```(js|cjs)\n(.*?)^```\n\n```text\n(.*?)^```$/gms))

  test('are an ES module and a CommonJS one', () => assert.deepEqual(examples.map(([, kind]) => kind), ['js', 'cjs']))

  for (const [, kind, code, printed] of examples) {
    test(`print what it says, in ${kind}`, () => {
      const type = kind === 'js' ? 'module' : 'commonjs'
      assert.equal(node(installed, `--input-type=${type}`, '--eval', code), printed)
    })
  }
})

describe('bundled', () => {
  const IMPORT = `import { KMeans, clv } from 'loyalty'\n${USE}\n`

  /** What esbuild makes of a use of the package, in a folder of its own. */
  async function bundle(name, options) {
    const outdir = join(folder, name)
    const { errors, warnings } = await esbuild.build({
      stdin: { contents: IMPORT, resolveDir: installed, sourcefile: 'use.mjs' },
      bundle: true,
      platform: 'node',
      target: 'node20',
      outdir,
      outExtension: { '.js': options.format === 'esm' ? '.mjs' : '.cjs' },
      logLevel: 'silent',
      ...options,
    })
    assert.deepEqual([...errors, ...warnings], [])
    return outdir
  }

  test('left out of it', async () => {
    for (const format of ['esm', 'cjs']) {
      const at = await bundle(`installed/out-${format}`, { format, external: ['loyalty'] })
      assert.equal(readdirSync(at).length, 1)
      assert.equal(node(at, readdirSync(at)[0]), PRINTED)
    }
  })

  test('in it, with the binary copied beside it', async () => {
    // A bundle that is an ES module has no require, which the package's own CommonJS needs.
    const banner = { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)` }
    for (const options of [{ format: 'cjs' }, { format: 'esm', banner }]) {
      const at = await bundle(`copied-${options.format}`, { loader: { '.node': 'copy' }, ...options })
      const [bundled, binary, ...rest] = readdirSync(at).sort((a, b) => a.endsWith('.node') - b.endsWith('.node'))
      assert.ok(binary.endsWith('.node') && rest.length === 0)
      assert.equal(node(at, bundled), PRINTED)
    }
  })

  test('in it, with binaries external', async () => {
    const at = await bundle('external', { format: 'cjs', external: ['*.node'] })
    const [bundled] = readdirSync(at)
    // Without it, the message is still the one that helps.
    assert.match(run(process.execPath, [bundled], at).stderr, new RegExp(`no binary of loyalty .* ${PLATFORM}`))
    copyFileSync(join(PACKAGE, BINARY), join(at, BINARY))
    assert.equal(node(at, bundled), PRINTED)
  })
})

describe('where no binary fits', () => {
  /** What loading throws, in a process that has been tampered with. */
  function thrown(at, before = '') {
    const code = `${before}
      try {
        require('loyalty')
      } catch (error) {
        const causes = []
        for (let cause = error.cause; cause; cause = cause.cause) causes.push(cause.message)
        console.log(JSON.stringify({ name: error.constructor.name, message: error.message, causes }))
      }`
    const { name, message, causes } = JSON.parse(node(at, '--eval', code))
    assert.equal(name, 'Error')
    // What there is, whatever is missing.
    assert.match(message, new RegExp(`There are binaries for ${Object.keys(PLATFORMS).join(', ')}\\.`))
    assert.ok(message.includes(process.version))
    assert.ok(causes.length > 1)
    return { message, causes }
  }

  /** A copy of the installed package in which a file is changed. */
  function changed(name, change) {
    const at = join(folder, name)
    cpSync(installed, at, { recursive: true })
    change(join(at, 'node_modules/loyalty', BINARY))
    return at
  }

  test('as it was not installed', () => {
    const at = changed('without', rmSync)
    const { message, causes } = thrown(at)
    assert.match(message, new RegExp(`^no binary of loyalty could be loaded for ${PLATFORM} \\(Node v[\\d.]+\\)\\. `))
    assert.match(message, new RegExp(`package loyalty-${PLATFORM}, an optional dependency: install`))
    assert.ok(causes.some((cause) => cause.startsWith(`Cannot find module './${BINARY}'`)), causes.join('\n'))
    assert.ok(causes.some((cause) => cause.startsWith(`Cannot find module 'loyalty-${PLATFORM}'`)))
    // The same of an import.
    const { status, stderr } = run(process.execPath, ['--input-type=module', '-e', `import 'loyalty'`], at)
    assert.equal(status, 1)
    assert.ok(stderr.includes(message))
  })

  test('as it is damaged', () => {
    const at = changed('damaged', (binary) => writeFileSync(binary, 'no binary'))
    const { message, causes } = thrown(at)
    const own = causes.find((cause) => cause.includes(join(at, 'node_modules/loyalty', BINARY)))
    assert.ok(own && !own.startsWith('Cannot find'))
    assert.ok(message.includes(`): ${own}. There are`), message)
  })

  test('as the platform or the machine is another', () => {
    const as = (platform, arch) =>
      `Object.defineProperties(process, { platform: { value: '${platform}' }, arch: { value: '${arch}' } })`
    const { message } = thrown(installed, as('sunos', 'x64'))
    assert.match(message, /^no binary of loyalty could be loaded for sunos-x64 .*Rust: npm run build\.$/)
    for (const [platform, arch, sought] of [
      ['linux', 'riscv64', 'linux-riscv64-gnu'],
      ['freebsd', 'x64', 'freebsd-x64'],
      ['win32', 'ia32', 'win32-ia32-msvc'],
    ]) {
      const { message } = thrown(installed, as(platform, arch))
      assert.ok(message.startsWith(`no binary of loyalty could be loaded for ${sought} `), message)
      assert.match(message, /build the package from its source/)
    }
    for (const [platform, arch, sought] of [
      ['win32', 'arm64', 'win32-arm64-msvc'],
      ['darwin', 'arm64', 'darwin-arm64'],
    ]) {
      const { message } = thrown(installed, as(platform, arch))
      assert.match(message, new RegExp(`loaded for ${sought} .* the package loyalty-${sought},`))
    }
  })

  test('as the C library is another', { skip: process.platform !== 'linux' && 'only Linux has several' }, () => {
    const musl = `const fs = require('fs')
      const { readFileSync } = fs
      fs.readFileSync = (path, ...options) => readFileSync(path === '/usr/bin/ldd' ? '' : path, ...options)
      process.report.getReport = () => ({ header: {}, sharedObjects: ['/lib/ld-musl-x86_64.so.1'] })`
    const { message } = thrown(installed, musl)
    assert.match(message, new RegExp(`loaded for linux-${process.arch}-musl .* loyalty-linux-${process.arch}-musl,`))
  })
})

describe('by platform, as it is published', () => {
  let release

  before(() => {
    // `napi artifacts` wants the binary of every target; which one it is does not matter to it.
    release = join(folder, 'release')
    mkdirSync(join(release, 'artifacts'), { recursive: true })
    for (const name of ['package.json', 'README.md', ...manifest.files.filter((name) => name !== '*.node')]) {
      copyFileSync(join(PACKAGE, name), join(release, name))
    }
    for (const platform of Object.keys(PLATFORMS)) {
      const to = join(release, 'artifacts', `loyalty.${platform}.node`)
      if (platform === PLATFORM) copyFileSync(join(PACKAGE, BINARY), to)
      else writeFileSync(to, `the binary of ${platform}`)
    }
    node(release, join(PACKAGE, 'release.mjs'))
  })

  test('each platform has a package of its own, for none but it', () => {
    assert.deepEqual(readdirSync(join(release, 'npm')).sort(), Object.keys(PLATFORMS).sort())
    for (const [platform, expected] of Object.entries(PLATFORMS)) {
      const { name, version, main, files, os, cpu, libc, engines, license, scripts, dependencies } = JSON.parse(
        readFileSync(join(release, 'npm', platform, 'package.json'), 'utf8'),
      )
      const binary = `loyalty.${platform}.node`
      assert.deepEqual({ name, version, main }, { name: `loyalty-${platform}`, version: manifest.version, main: binary })
      assert.deepEqual({ os, cpu, ...(libc && { libc }) }, expected, platform)
      assert.deepEqual([files, engines, license], [[binary, ...LICENCES], manifest.engines, manifest.license])
      assert.deepEqual([scripts, dependencies], [undefined, undefined])
      assert.ok(existsSync(join(release, 'npm', platform, binary)))
    }
  })

  test('the package itself takes them as optional dependencies of its version', () => {
    const { optionalDependencies, dependencies } = JSON.parse(readFileSync(join(release, 'package.json'), 'utf8'))
    const expected = Object.keys(PLATFORMS).map((platform) => [`loyalty-${platform}`, manifest.version])
    assert.deepEqual(optionalDependencies, Object.fromEntries(expected))
    assert.equal(dependencies, undefined)
  })

  test('installed together they work, and the package alone says what is missing', () => {
    const { path: main, files } = pack(release, release)
    assert.ok(files.every((name) => !name.endsWith('.node')))
    const { path: binary, files: inside } = pack(join(release, 'npm', PLATFORM), folder)
    assert.deepEqual(inside, [...LICENCES, 'README.md', BINARY, 'package.json'].sort())

    const both = install('both', main, binary)
    assert.ok(!existsSync(join(both, 'node_modules/loyalty', BINARY)))
    assert.equal(node(both, '--eval', `const { KMeans, clv } = require('loyalty'); ${USE}`), PRINTED)
    assert.equal(node(both, '--input-type=module', '--eval', `import { KMeans, clv } from 'loyalty'; ${USE}`), PRINTED)

    const alone = join(folder, 'alone')
    cpSync(both, alone, { recursive: true })
    rmSync(join(alone, 'node_modules', `loyalty-${PLATFORM}`), { recursive: true })
    const { status, stderr } = run(process.execPath, ['--eval', `require('loyalty')`], alone)
    assert.equal(status, 1)
    assert.match(stderr, new RegExp(`package loyalty-${PLATFORM}, an optional dependency: install`))
  })
})

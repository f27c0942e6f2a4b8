'use strict'

// The package: the native part with what is better done on this side of the border.

/** The platforms with a binary: each is an optional dependency of its own, named `loyalty-` and this. */
const PLATFORMS = [
  'linux-x64-gnu',
  'linux-arm64-gnu',
  'linux-x64-musl',
  'linux-arm64-musl',
  'darwin-x64',
  'darwin-arm64',
  'win32-x64-msvc',
  'win32-arm64-msvc',
]

const native = load()

function load() {
  try {
    return require('./native.js')
  } catch (cause) {
    throw new Error(withoutBinary(cause), { cause })
  }
}

/** What to say, and what to do, where no binary could be loaded. */
function withoutBinary(cause) {
  const sought = platform()
  const advice = PLATFORMS.includes(sought)
    ? `Yours comes with the package loyalty-${sought}, an optional dependency: install on this platform, optional dependencies ` +
      'included, after removing a node_modules and a lock file made on another. A bundler must leave loyalty or *.node external.'
    : 'For another platform build the package from its source, which takes Rust: npm run build.'
  return (
    `no binary of loyalty could be loaded for ${sought} (Node ${process.version})${reason(cause)}. ` +
    `There are binaries for ${PLATFORMS.join(', ')}. ${advice}`
  )
}

/** Why one that is there could not be loaded: its error is among those of the places where there is none. */
function reason(error) {
  if (!error) return ''
  return error.message.startsWith('Cannot find') ? reason(error.cause) : `: ${error.message}`
}

/** This platform, as it is called in the list. */
function platform() {
  const { platform, arch, report } = process
  if (platform === 'win32') return `${platform}-${arch}-msvc`
  if (platform !== 'linux') return `${platform}-${arch}`
  if (report) report.excludeNetwork = true
  return `${platform}-${arch}-${report?.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl'}`
}

// Fitted models never change, so what a getter has made once, often a copy of many numbers, is kept.
for (const exported of Object.values(native)) {
  if (typeof exported !== 'function' || exported.prototype === undefined) continue
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(exported.prototype))) {
    if (descriptor.get === undefined) continue
    Object.defineProperty(exported.prototype, name, {
      ...descriptor,
      get() {
        const value = descriptor.get.call(this)
        if (Array.isArray(value)) Object.freeze(value)
        Object.defineProperty(this, name, { value, enumerable: true })
        return value
      },
    })
  }
}

require('./scorecard.js')(native.Scorecard)

// Folds are iterated split by split.
native.Folds.prototype[Symbol.iterator] = function* () {
  for (let index = 0; index < this.nSplits; index++) yield this.split(index)
}

module.exports = require('./native.js')

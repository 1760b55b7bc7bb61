/** Values of a sketch of a residual row (engine/numerics/sketch.ts). */
export const SKETCH_ROWS = 64
/** Which matrix makes it; another matrix gets another name, and sketches of two names are never compared. */
export const SKETCH_NAME = 'sign-64x2-v1'

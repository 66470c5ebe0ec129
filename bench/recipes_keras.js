// node bench/recipes_keras.js OUT: builds Keras layers with TensorFlow.js (@tensorflow/tfjs, found through NODE_PATH) and writes
// Initialisers are named as Keras' own defaults, for TensorFlow.js has others: a normal law cut at two deviations and not
// corrected (.88 of the wanted deviation), and no forget bias. Its fans, laws and orthogonal matrices are what is compared.
// OUT/weights.json ({name: shape}) and OUT/NAME-INDEX.f32 (their elements) for bench/recipes.py.
const fs = require('fs');
const path = require('path');
process.env.TF_CPP_MIN_LOG_LEVEL = '3';
console.warn = () => {};
const tf = require('@tensorflow/tfjs');

async function main(out) {
  await tf.setBackend('cpu');
  const l = tf.layers;
  const u = {kernelInitializer: 'glorotUniform', depthwiseInitializer: 'glorotUniform'};
  const layers = [
    [l.dense({...u, units: 200, name: 'dense'}), [null, 300]],
    [l.conv1d({...u, filters: 50, kernelSize: 4, name: 'conv1d'}), [null, 20, 30]],
    [l.conv2d({...u, filters: 64, kernelSize: 3, name: 'conv2d'}), [null, 9, 9, 32]],
    [l.conv3d({...u, filters: 24, kernelSize: 3, name: 'conv3d'}), [null, 5, 5, 5, 12]],
    [l.conv2dTranspose({...u, filters: 24, kernelSize: 4, name: 'conv2d_transpose'}), [null, 9, 9, 48]],
    [l.depthwiseConv2d({...u, kernelSize: 5, name: 'depthwise_conv2d'}), [null, 9, 9, 64]],
    [l.separableConv2d({depthwiseInitializer: 'glorotUniform', pointwiseInitializer: 'glorotUniform', filters: 40, kernelSize: 3, name: 'separable_conv2d'}), [null, 9, 9, 64]],
    [l.embedding({inputDim: 500, outputDim: 40, name: 'embedding'}), [null, 7]],
    [l.lstm({...u, unitForgetBias: true, units: 64, name: 'lstm'}), [null, 7, 24]],
    [l.gru({...u, units: 64, name: 'gru'}), [null, 7, 24]],
    [l.simpleRNN({...u, units: 64, name: 'simple_rnn'}), [null, 7, 24]],
    [l.batchNormalization({name: 'batch_normalization'}), [null, 64]],
    [l.layerNormalization({name: 'layer_normalization'}), [null, 64]],
    [l.prelu({name: 'p_re_lu'}), [null, 64]],
  ];
  const shapes = {};
  const files = {};
  for (const [layer, shape] of layers) {
    layer.apply(tf.input({batchShape: shape, dtype: layer.name === 'embedding' ? 'int32' : 'float32'}));
    for (const w of layer.weights) {
      const name = w.originalName.startsWith(layer.name + '/') ? w.originalName : layer.name + '/' + w.originalName.replace(/^.*\//, '');
      shapes[name] = w.shape;
      files[name] = Object.keys(files).length + '.f32';
      fs.writeFileSync(path.join(out, files[name]), Buffer.from((await w.read().data()).buffer));
    }
  }
  fs.writeFileSync(path.join(out, 'weights.json'), JSON.stringify({version: tf.version.tfjs, shapes, files}));
}

main(process.argv[2]);

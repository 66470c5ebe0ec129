"""The networks of TrainedWeightsTest: initial (init) and trained on synthetic data, by PyTorch 1.13. python3 make.py FOLDER writes all;
mlp.s300, cnn_bn.s1000 (folded: the plain export) and lstm.s300 are kept here as *_trained, their init as *_initial."""
import sys, torch, torch.nn as nn, math
torch.set_num_threads(1)
OUT = sys.argv[1]

class Tr(nn.Module):
    def __init__(s, d=64, L=2, V=64):
        super().__init__()
        s.emb = nn.Embedding(V, d); s.pos = nn.Parameter(torch.randn(1, 16, d) * .02)
        s.layers = nn.ModuleList([nn.TransformerEncoderLayer(d, 4, 128, dropout=0., batch_first=True, norm_first=True) for _ in range(L)])
        s.norm = nn.LayerNorm(d); s.head = nn.Linear(d, V)
    def forward(s, x):
        h = s.emb(x) + s.pos
        for l in s.layers: h = l(h)
        return s.head(s.norm(h))
class Rnn(nn.Module):
    def __init__(s):
        super().__init__(); s.rnn = nn.LSTM(16, 48, 1, batch_first=True); s.head = nn.Linear(48, 4)
    def forward(s, x): return s.head(s.rnn(x)[0][:, -1])
def mlp(w=64, L=3, d=20):
    m = [nn.Linear(d, w), nn.ReLU()]
    for _ in range(L - 1): m += [nn.Linear(w, w), nn.ReLU()]
    return nn.Sequential(*m, nn.Linear(w, 5))
def he(m):
    for p in m.modules():
        if isinstance(p, (nn.Linear, nn.Conv2d)):
            nn.init.kaiming_normal_(p.weight, nonlinearity='relu')
            if p.bias is not None: nn.init.zeros_(p.bias)
    return m
def cnn(bn=True):
    m = []
    for i, o in ((3, 16), (16, 32), (32, 32)):
        m += [nn.Conv2d(i, o, 3, padding=1, bias=not bn)] + ([nn.BatchNorm2d(o)] if bn else []) + [nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*m, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 5))
g = torch.Generator().manual_seed(1)
T = mlp(32, 2)
tc = torch.randn(5, 3, 16, 16, generator=g)
def data(kind, n=64):
    if kind == 'mlp':
        x = torch.randn(n, 20); return x, T(x).argmax(1)
    if kind == 'cnn':
        y = torch.randint(0, 5, (n,)); return tc[y] + torch.randn(n, 3, 16, 16), y
    if kind == 'rnn':
        x = torch.randn(n, 12, 16); return x, (x[:, :, 0].sum(1) > 0).long() + 2 * (x[:, -1, 1] > 0).long()
    x = torch.randint(0, 64, (n, 16)); y = (torch.cumsum(x, 1) // 3) % 64 * (x > 8) ; return x, y
def train(m, kind, steps, opt='adam', lr=2e-3, wd=0.):
    o = torch.optim.AdamW(m.parameters(), lr, weight_decay=wd) if opt == 'adam' else torch.optim.SGD(m.parameters(), lr, momentum=.9, weight_decay=wd)
    m.train()
    for s in range(steps):
        x, y = data(kind); p = m(x)
        loss = nn.functional.cross_entropy(p.reshape(-1, p.shape[-1]), y.reshape(-1))
        o.zero_grad(); loss.backward(); o.step()
    return float(loss)
K = [('mlp', lambda: mlp(), 'mlp'), ('mlp_he', lambda: he(mlp()), 'mlp'), ('mlp_w256', lambda: mlp(256, 3), 'mlp'), ('cnn_bn', lambda: cnn(), 'cnn'), ('cnn_bn_he', lambda: he(cnn()), 'cnn'),
     ('cnn_plain', lambda: cnn(False), 'cnn'), ('tr', lambda: Tr(), 'tr'), ('lstm', lambda: Rnn(), 'rnn')]
for name, make, kind in K:
    for tag, steps, opt, lr, wd in (('init', 0, 'adam', 0, 0), ('s20', 20, 'adam', 2e-3, 0), ('s300', 300, 'adam', 2e-3, .01), ('s1000', 1000, 'adam', 3e-3, .05), ('sgd', 400, 'sgd', .05, 5e-4)):
        torch.manual_seed(7); m = make(); l = train(m, kind, steps, opt, lr, wd) if steps else 0
        torch.save(m.state_dict(), f'{OUT}/{name}.{tag}.pt')
        m.eval(); x, _ = data(kind, 4)
        torch.onnx.export(m, x, f'{OUT}/{name}.{tag}.onnx', opset_version=13, do_constant_folding=False, training=torch.onnx.TrainingMode.TRAINING)
        m.eval(); torch.onnx.export(m, x, f'{OUT}/{name}.{tag}.folded.onnx', opset_version=13)
        print(name, tag, l, flush=True)
